// Holding the heads of streams without writing to them: nobody appends to these streams until the transaction ends.
import type { Queries, Statement } from '../store/store.ts';
import { compareTopics, type Topic } from './topic.ts';

/** In the order in which writers take them. A stream that has no entry yet has no head to be held. */
export async function lockHeads(tx: Queries, topics: readonly Topic[]): Promise<void> {
  await tx.run(lockStatement, [[...topics].sort(compareTopics)]);
}

const lockStatement: Statement = {
  name: 'lock_heads',
  text: `
    select head.topic
    from unnest($1::text[]) with ordinality as wanted(topic, place) join stream_heads as head using (topic)
    order by wanted.place
    for update of head`,
};
