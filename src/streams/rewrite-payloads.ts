// Taking something out of the payloads of a workspace's entries, wherever it stands: a name that is not to be known any
// more. Numbers and ids stay, so that cursors do. A rare thing, that walks the whole log.
import type { Queries, Statement, Store } from '../store/store.ts';
import type { Topic } from './topic.ts';

export interface Rewriting {
  readonly workspace: string;
  /** Only streams of this kind; of all unless given. */
  readonly kind?: string;
  /** Only payloads whose JSON holds this member are looked at: `['id', 'alice']` for `"id":"alice"`. */
  readonly holding: readonly [key: string, value: string];
  /** Answers what the payload becomes, or the payload itself where it stays as it is. Pure. */
  rewrite(payload: unknown): unknown;
}

/** Entries looked at in one transaction. */
const batchSize = 2_000;

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
  { workspace, kind, holding: [key, value], rewrite }: Rewriting,
): Promise<{ readonly changed: number; readonly last: readonly [Topic, number] | null }> {
  // As JSON.stringify writes it, and as the database does where it has changed a payload.
  const [plain, spaced] = [':', ': '].map((colon) => JSON.stringify(key) + colon + JSON.stringify(value));
  const prefix = `${encodeURIComponent(workspace)}/${kind === undefined ? '' : `${encodeURIComponent(kind)}/`}`;
  const page = await tx.run<Omit<Row, 'payload'>>(selectPlaces, [topic, number, batchSize]);
  const rows = await tx.run<Row>(selectHolding, [
    page.map((row) => row.topic),
    page.map((row) => row.number),
    prefix,
    plain,
    spaced,
  ]);
  const rewritten = await writeRewritten(tx, rows, rewrite);
  const last = page.length < batchSize ? undefined : page.at(-1);
  return { changed: rewritten, last: last === undefined ? null : [last.topic, last.number] };
}

/** The same for some streams, found by their topics, as a whole. Answers how many entries were changed. Harmless to repeat. */
export async function rewriteStreams(
  store: Store,
  topics: readonly Topic[],
  rewrite: Rewriting['rewrite'],
): Promise<number> {
  let after: readonly [Topic, number] = ['', 0];
  let changed = 0;
  for (;;) {
    const page = await store.transaction(async (tx) => {
      const rows = await tx.run<Row>(selectOfStreams, [topics, ...after, batchSize]);
      changed += await writeRewritten(tx, rows, rewrite);
      return rows;
    });
    const last = page.at(-1);
    if (last === undefined || page.length < batchSize) return changed;
    after = [last.topic, last.number];
  }
}

async function writeRewritten(
  tx: Queries,
  rows: readonly Row[],
  rewrite: Rewriting['rewrite'],
): Promise<number> {
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
  return rewritten.length;
}

/** The whole log, a page at a time, in the order of its key: no page takes longer however little there is to find. */
const selectPlaces: Statement = {
  name: 'select_places_of_entries',
  text: `
    select topic, number from stream_entries
    where (topic, number) > ($1, $2::bigint)
    order by topic, number
    limit $3::bigint`,
};

/** Locked, so that what another one takes out of them meanwhile stays out. */
const selectHolding: Statement = {
  name: 'select_entries_holding',
  text: `
    select entry.topic, entry.number, entry.payload
    from stream_entries as entry
    join unnest($1::text[], $2::bigint[]) as page(topic, number) using (topic, number)
    where starts_with(entry.topic, $3)
      and (position($4 in entry.payload::text) > 0 or position($5 in entry.payload::text) > 0)
    for update of entry`,
};

const selectOfStreams: Statement = {
  name: 'select_events_of_streams',
  text: `
    select topic, number, payload from stream_entries
    where topic = any($1::text[]) and kind = 'event' and (topic, number) > ($2, $3::bigint)
    order by topic, number
    limit $4::bigint
    for update`,
};

const updatePayloads: Statement = {
  name: 'update_payloads',
  text: `
    update stream_entries as entry set payload = told.payload
    from unnest($1::text[], $2::bigint[], $3::json[]) as told(topic, number, payload)
    where entry.topic = told.topic and entry.number = told.number`,
};
