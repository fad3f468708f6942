// Taking something out of the payloads of a workspace's entries, wherever it stands: a name that is not to be known any
// more. Numbers and ids stay, so that cursors do. A rare thing, that reads all entries of the workspace.
import type { Queries, Statement, Store } from '../store/store.ts';
import type { Topic } from './topic.ts';

export interface Rewriting {
  readonly workspace: string;
  /** Only payloads whose JSON holds this member are looked at: `['id', 'alice']` for `"id":"alice"`. */
  readonly holding: readonly [key: string, value: string];
  /** Answers what the payload becomes, or the payload itself where it stays as it is. Pure. */
  rewrite(payload: unknown): unknown;
}

/** Entries at a time. */
const batchSize = 500;

/** Answers how many entries were changed. Harmless to repeat. Rejects with UNAVAILABLE where the database is away. */
export async function rewritePayloads(store: Store, rewriting: Rewriting): Promise<number> {
  let after: readonly [Topic, number] = ['', 0];
  let changed = 0;
  for (;;) {
    const batch = await store.transaction((tx) => rewriteBatch(tx, after, rewriting));
    changed += batch.changed;
    if (batch.last === null) return changed;
    after = batch.last;
  }
}

interface Row {
  readonly topic: Topic;
  readonly number: number;
  readonly payload: unknown;
}

async function rewriteBatch(
  tx: Queries,
  [topic, number]: readonly [Topic, number],
  { workspace, holding: [key, value], rewrite }: Rewriting,
): Promise<{ readonly changed: number; readonly last: readonly [Topic, number] | null }> {
  // As JSON.stringify writes it, and as the database does where it has changed a payload.
  const [plain, spaced] = [':', ': '].map((colon) => JSON.stringify(key) + colon + JSON.stringify(value));
  const prefix = `${encodeURIComponent(workspace)}/`;
  const rows = await tx.run<Row>(selectHolding, [prefix, plain, spaced, topic, number, batchSize]);
  const rewritten = rows.flatMap((row) => {
    const payload = rewrite(row.payload);
    return payload === row.payload ? [] : [{ ...row, payload }];
  });
  if (rewritten.length > 0) {
    await tx.run(updatePayloads, [
      rewritten.map((row) => row.topic),
      rewritten.map((row) => row.number),
      rewritten.map((row) => JSON.stringify(row.payload)),
    ]);
  }
  const last = rows.length < batchSize ? undefined : rows.at(-1);
  return { changed: rewritten.length, last: last === undefined ? null : [last.topic, last.number] };
}

/** Locked, so that what another one takes out of them meanwhile stays out. */
const selectHolding: Statement = {
  name: 'select_entries_holding',
  text: `
    select topic, number, payload from stream_entries
    where starts_with(topic, $1) and (position($2 in payload::text) > 0 or position($3 in payload::text) > 0)
      and (topic, number) > ($4, $5::bigint)
    order by topic, number
    limit $6::bigint
    for update`,
};

const updatePayloads: Statement = {
  name: 'update_payloads',
  text: `
    update stream_entries as entry set payload = told.payload
    from unnest($1::text[], $2::bigint[], $3::json[]) as told(topic, number, payload)
    where entry.topic = told.topic and entry.number = told.number`,
};
