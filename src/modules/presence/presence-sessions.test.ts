import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PresenceRegistry } from '../../engines/engine.ts';
import { openMemoryEngine } from '../../engines/memory/memory-engine.ts';
import { TidingsError } from '../../errors.ts';
import { createPresenceSessions } from './presence-sessions.ts';

const logger = pino({ level: 'silent' });
const ada = { workspace: 'acme', userId: 'ada' };
const isCurrent = () => false;

function connection(id: string) {
  const listeners = new Set<() => void>();
  return {
    id,
    onClosed(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => [...listeners].forEach((listener) => listener()),
  };
}

function setUp() {
  const gone: string[] = [];
  const { presence: registry } = openMemoryEngine({
    logger,
    events: { onUserGone: ({ userId }) => gone.push(userId) },
  });
  const sessions = createPresenceSessions({ registry, logger, graceMs: 3_000 });
  const counts = async () => {
    const [state] = await registry.read('acme', ['ada']);
    return [state?.live, state?.leaving];
  };
  return { sessions, counts, gone };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('a connection makes its user present until a grace after it has closed', async () => {
  const { sessions, counts, gone } = setUp();
  const one = connection('1');
  sessions.begin(ada, one, isCurrent);
  await vi.advanceTimersByTimeAsync(0);
  expect(await counts()).toEqual([1, 0]);
  one.close();
  await vi.advanceTimersByTimeAsync(2_999);
  expect(await counts()).toEqual([0, 1]);
  expect(gone).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await counts()).toEqual([0, 0]);
  expect(gone).toEqual(['ada']);
});

test('whoever’s sessions are revoked is gone at once, on the devices whose tokens they were', async () => {
  const { sessions, counts, gone } = setUp();
  const [one, leaving, anew] = [connection('1'), connection('2'), connection('3')];
  let isRevoked = false;
  for (const old of [one, leaving]) sessions.begin(ada, old, () => isRevoked);
  leaving.close();
  sessions.begin(ada, anew, isCurrent);
  await vi.advanceTimersByTimeAsync(0);
  expect(await counts()).toEqual([2, 1]);
  sessions.endRevoked(ada);
  await vi.advanceTimersByTimeAsync(0);
  expect(await counts()).toEqual([2, 1]);
  isRevoked = true;
  sessions.endRevoked({ ...ada, workspace: 'elsewhere' });
  sessions.endRevoked(ada);
  await vi.advanceTimersByTimeAsync(0);
  expect(await counts()).toEqual([1, 0]);
  // Its socket takes its time to close: that brings nobody back.
  one.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(await counts()).toEqual([1, 0]);
  anew.close();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(gone).toEqual(['ada']);
});

test('a page reload never leaves its user without a session', async () => {
  const { sessions, counts, gone } = setUp();
  const [before, after] = [connection('1'), connection('2')];
  sessions.begin(ada, before, isCurrent);
  before.close();
  await vi.advanceTimersByTimeAsync(1_000);
  sessions.begin(ada, after, isCurrent);
  await vi.advanceTimersByTimeAsync(0);
  expect(await counts()).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await counts()).toEqual([1, 0]);
  expect(gone).toEqual([]);
});

test('closing ends every grace at once', async () => {
  const { sessions, counts } = setUp();
  const one = connection('1');
  sessions.begin(ada, one, isCurrent);
  one.close();
  await sessions.close();
  expect(await counts()).toEqual([0, 0]);
  expect(vi.getTimerCount()).toBe(0);
});

test('while the engine is away each step is still told to it, in order, and nothing breaks', async () => {
  const told: string[] = [];
  const away = async (step: string) => {
    told.push(step);
    throw new TidingsError('UNAVAILABLE', 'away');
  };
  const registry: Pick<PresenceRegistry, 'track' | 'untrack'> = {
    track: (_session, phase) => away(phase),
    untrack: () => away('gone'),
  };
  const sessions = createPresenceSessions({ registry, logger, graceMs: 3_000 });
  const one = connection('1');
  sessions.begin(ada, one, isCurrent);
  one.close();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(told).toEqual(['live', 'leaving', 'gone']);
});

test('a connection whose token is revoked already makes nobody present', async () => {
  const { sessions, counts } = setUp();
  const one = connection('1');
  sessions.begin(ada, one, () => true);
  await vi.advanceTimersByTimeAsync(0);
  expect(await counts()).toEqual([0, 0]);
  one.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(await counts()).toEqual([0, 0]);
});

test('whoever waits for the graces waits for all of them, and for connections that are open', async () => {
  const { sessions, gone } = setUp();
  const [one, other] = [connection('1'), connection('2')];
  await sessions.ended();
  sessions.begin(ada, one, isCurrent);
  sessions.begin({ ...ada, userId: 'bob' }, other, isCurrent);
  let isOver = false;
  const ended = sessions.ended().then(() => (isOver = true));
  one.close();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(gone).toEqual(['ada']);
  other.close();
  await vi.advanceTimersByTimeAsync(2_999);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await ended;
  expect(gone).toEqual(['ada', 'bob']);
});
