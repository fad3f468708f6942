// `npm run bench:head-check`: what one look for silence costs a node that follows 100,000 topics while ten events a second
// happen: asking for every head against asking for what was written since the last look and for a thousand heads in turn.
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { openStore } from '../src/store/open-store.ts';
import { openLog, type LogMark } from '../src/streams/log.ts';
import { createDatabase, startPostgres } from '../test/support/postgres.ts';
import { toReport, type Figure } from './statistics.ts';

const topicCount = 100_000;
const headsPerQuery = 1_000;
const rounds = 20;
/** In the three seconds between two looks. */
const eventsBetween = 30;

const logger = pino({ level: 'silent' });
const folder = fileURLToPath(new URL('../src/store/migrations', import.meta.url));
await using postgres = await startPostgres({ fsync: true });
const databaseUrl = await createDatabase(postgres.url);
const store = await openStore({
  databaseUrl,
  dataDir: 'unused',
  migrations: [{ name: 'tidings', folder }],
  logger,
});
const log = await openLog({ store, onCommitted: () => undefined });
const topics = Array.from({ length: topicCount }, (_, index) => `bench/order/${index}`);

process.stdout.write(`${topicCount.toLocaleString('en')} topics, ten entries each …\n`);
await store.queries.execute(sql`
  insert into stream_heads (topic, number, event_id, changed_at)
  select 'bench/order/' || i, 10, gen_random_uuid()::text, now() from generate_series(0, ${topicCount - 1}) i`);
await store.queries.execute(sql`
  insert into stream_entries (topic, number, event_id, kind, payload, occurred_at)
  select 'bench/order/' || i, n, gen_random_uuid()::text, 'event', '{"order":{"id":"42"}}', now()
  from generate_series(0, ${topicCount - 1}) i, generate_series(1, 10) n`);
await store.queries.execute(sql`vacuum analyze stream_heads, stream_entries`);

let mark: LogMark | null = null;
const contenders: Readonly<Record<string, (round: number) => Promise<unknown>>> = {
  async 'every head'() {
    for (let start = 0; start < topicCount; start += headsPerQuery) {
      await log.heads(topics.slice(start, start + headsPerQuery));
    }
  },
  async 'what was written, and 1,000 heads in turn'(round) {
    ({ mark } = await log.changes(mark));
    await log.heads(topics.slice(round * headsPerQuery, (round + 1) * headsPerQuery));
  },
};
const figures = Object.keys(contenders).flatMap((name) => [
  { name: `${name}: the look`, unit: 'ms', values: [] as number[] },
  { name: `${name}: CPU of the node`, unit: 'ms', values: [] as number[] },
]) satisfies Figure[];

for (let round = 0; round < rounds; round += 1) {
  for (let event = 0; event < eventsBetween; event += 1) {
    const topic = topics[(round * eventsBetween + event) % topicCount] ?? '';
    await log.write(async (write) => {
      await write.take([topic]);
      return write.append({ topic, payload: {} });
    });
  }
  for (const [place, look] of Object.values(contenders).entries()) {
    const [began, before] = [performance.now(), process.cpuUsage()];
    await look(round);
    const { user, system } = process.cpuUsage(before);
    // The first ones warm up.
    if (round < 3) continue;
    figures[place * 2]?.values.push(performance.now() - began);
    figures[place * 2 + 1]?.values.push((user + system) / 1_000);
  }
}
await store.close();
process.stdout.write(toReport(figures));
