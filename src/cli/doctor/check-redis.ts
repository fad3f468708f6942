// Redis: reachable, new enough, near, and set so that it neither forgets nor cuts off.
import { examineRedis, type RedisExamination } from '../../maintenance.ts';
import { compareClock, medianLatency } from './clocks.ts';
import type { Checked } from './check-database.ts';
import { about, type Finding } from './finding.ts';

const slowMs = 10;
/** Less than a burst of events to one node. */
const leastPubsubBytes = 8 * 1_024 * 1_024;

const { fine, notice, broken } = about('redis');

export async function checkRedis(url: string | null): Promise<Checked> {
  if (url === null)
    return { findings: [fine('REDIS_URL is unset: one node, and live state in its memory')], clock: null };
  let examination: RedisExamination;
  try {
    examination = await examineRedis(url);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return { findings: [broken(what, 'start it there, or correct REDIS_URL')], clock: null };
  }
  return { findings: judge(examination), clock: compareClock(examination.clock) };
}

function judge({ place, version, isSupported, clock, ...settings }: RedisExamination): readonly Finding[] {
  const name = `Redis ${version} at ${place}`;
  if (!isSupported)
    return [broken(`${name} is too old`, 'upgrade it to 7 or newer, or let REDIS_URL name another')];
  return [judgeLatency(name, clock), judgePolicy(settings), judgePubsub(settings)];
}

function judgeLatency(name: string, clock: RedisExamination['clock']): Finding {
  if (clock.length === 0)
    return notice(`${name} does not let its clock be read`, 'add `+time` to the rules of its user');
  const latencyMs = medianLatency(clock);
  const answers = `${name} answers in ${latencyMs.toFixed(1)} ms`;
  return latencyMs > slowMs
    ? notice(answers, 'presence and typing wait for it: run it near to the nodes')
    : fine(answers);
}

function judgePolicy({
  maxmemoryPolicy,
  maxmemory,
}: Pick<RedisExamination, 'maxmemoryPolicy' | 'maxmemory'>): Finding {
  const set = 'set `maxmemory-policy noeviction`';
  if (maxmemoryPolicy === null)
    return notice('it does not tell its maxmemory-policy', `${set} where it is hosted`);
  const what = `maxmemory-policy is ${maxmemoryPolicy}`;
  if (maxmemoryPolicy === 'noeviction') return fine(what);
  if (maxmemory === 0) return notice(`${what}, without effect while maxmemory is 0`, set);
  return broken(`${what}: who is online, typing and in rooms is forgotten when its memory is full`, set);
}

function judgePubsub({ pubsubLimit }: Pick<RedisExamination, 'pubsubLimit'>): Finding {
  const set = 'set `client-output-buffer-limit "pubsub 32mb 8mb 60"`';
  if (pubsubLimit === null)
    return notice('it does not tell its client-output-buffer-limit', `${set} or more where it is hosted`);
  const { hard, soft, seconds } = pubsubLimit;
  const what = `client-output-buffer-limit pubsub is ${hard} ${soft} ${seconds}`;
  const isTight = [hard, soft].some((limit) => limit > 0 && limit < leastPubsubBytes);
  return isTight
    ? notice(`${what}: nodes are cut off when much happens, and read it from the log`, set)
    : fine(what);
}
