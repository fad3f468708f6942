// A session whose token is verified again and again, as time goes by.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { testViewer } from '../../test/support/runtime.ts';
import { TidingsError } from '../errors.ts';
import { Session, type SessionWatcher } from './session.ts';
import { TokenError } from './token-error.ts';
import type { Viewer } from './viewer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const minuteMs = 60_000;
const alice = (more: Parameters<typeof testViewer>[1] | object = {}): Viewer =>
  testViewer('alice', {
    workspace: 'w',
    expiresAt: new Date(Date.now() + 60 * minuteMs),
    verifiedUntil: new Date(Date.now() + minuteMs),
    ...more,
  });

function open(verify: (token: string) => Promise<Viewer>) {
  const asked: string[] = [];
  const happened: unknown[] = [];
  const verifier = {
    verify(token: string) {
      asked.push(token);
      return verify(token);
    },
  };
  const session = new Session({ transport: 'websocket', viewer: alice(), token: 'first', verifier });
  const watcher: SessionWatcher = {
    onRenewed: (viewer) => happened.push([...viewer.roles]),
    onEnded: (error) => happened.push(error),
  };
  session.watch(watcher);
  const stop = () => session.unwatch(watcher);
  return { session, asked, happened, stop };
}

it('asks every minute, and tells only what has changed', async () => {
  let roles: readonly string[] = [];
  const { session, asked, happened, stop } = open(async () => alice({ roles }));
  await vi.advanceTimersByTimeAsync(minuteMs - 1);
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual(['first']);
  expect(happened).toEqual([]);
  roles = ['staff'];
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect(happened).toEqual([['staff']]);
  expect(session.viewer?.roles).toEqual(new Set(['staff']));
  stop();
  await vi.advanceTimersByTimeAsync(10 * minuteMs);
  expect(asked).toHaveLength(2);
});

it('ends when the token is refused, or speaks for somebody else', async () => {
  const refused = new TokenError('withdrawn');
  const first = open(() => Promise.reject(refused));
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect(first.happened).toEqual([refused]);
  const second = open(async () => testViewer('mallory', { workspace: 'w' }));
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect(second.happened).toEqual([expect.any(TokenError)]);
  expect(second.session.viewer?.id).toBe('alice');
});

it('stays for five minutes while nobody can say, asking every five seconds', async () => {
  let isAway = true;
  const away = new TidingsError('UNAVAILABLE', 'away');
  const { asked, happened } = open(async () => {
    if (isAway) throw away;
    return alice();
  });
  await vi.advanceTimersByTimeAsync(minuteMs + 20_000);
  expect(asked).toHaveLength(5);
  isAway = false;
  await vi.advanceTimersByTimeAsync(5_000);
  isAway = true;
  await vi.advanceTimersByTimeAsync(minuteMs + 299_000);
  expect(happened).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(happened).toEqual([expect.objectContaining({ code: 'UNAVAILABLE', cause: away })]);
});

it('ends at the expiry also while it is being asked', async () => {
  const { session, happened } = open(() => new Promise(() => undefined));
  await vi.advanceTimersByTimeAsync(60 * minuteMs - 1);
  expect(happened).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(happened).toEqual([expect.objectContaining({ code: 'UNAUTHENTICATED', expired: true })]);
  expect(session.viewer?.id).toBe('alice');
});

it('a renewal outranks what was asked about the token before', async () => {
  let answer: (viewer: Viewer) => void = () => undefined;
  const { session, asked, happened } = open((token) =>
    token === 'first'
      ? new Promise((resolve) => (answer = resolve))
      : Promise.resolve(alice({ roles: ['b'] })),
  );
  await vi.advanceTimersByTimeAsync(minuteMs);
  await session.renew('second');
  answer(alice({ roles: ['a'] }));
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect(happened).toEqual([['b']]);
  expect(asked).toEqual(['first', 'second', 'second']);
});
