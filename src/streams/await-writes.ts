// Waiting for the writes that are under way. They are not seen before they are committed, and may hold what was read before
// something was taken out of the database.
import type { Statement, Store } from '../store/store.ts';

/**
 * Resolves when every write that had taken its heads by now has ended. Others wait for that moment with their `take`, and read
 * behind it what there is then. Rejects with UNAVAILABLE where the database is away.
 */
export async function awaitWrites(store: Store): Promise<void> {
  await store.transaction((tx) => tx.run(lockHeads, []));
}

/** Against whoever changes heads, each until its commit; not against those who read them. */
const lockHeads: Statement = {
  name: 'lock_all_heads',
  text: `lock table stream_heads in share mode`,
};
