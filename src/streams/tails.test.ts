import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeLog, fakeEntry, fakeTopic } from '../../test/support/fake-log.ts';
import type { Broker, Follower } from '../engines/engine.ts';
import { TidingsError } from '../errors.ts';
import { Tails } from './tails.ts';

/** Follows when it is told to, and says what it is told to say. */
class FakeBroker implements Broker {
  state: Broker['state'] = 'connected';
  readonly followers = new Set<Follower>();
  follows = 0;
  listener: (state: Broker['state']) => void = () => undefined;
  readonly #answers: ((error: Error | null) => void)[] = [];
  held = false;

  async publish(): Promise<void> {}

  async follow(_channel: string, follower: Follower) {
    this.follows += 1;
    if (this.held) {
      const error = await new Promise<Error | null>((resolve) => this.#answers.push(resolve));
      if (error !== null) throw error;
    }
    this.followers.add(follower);
    return { unfollow: async () => void this.followers.delete(follower) };
  }

  answer(error: Error | null = null): void {
    this.held = false;
    for (const answer of this.#answers.splice(0)) answer(error);
  }

  onStateChange(listener: (state: Broker['state']) => void): () => void {
    this.listener = listener;
    return () => (this.listener = () => undefined);
  }

  tell(number: number): void {
    for (const { onMessage } of this.followers) onMessage(JSON.stringify(fakeEntry(number)));
  }
}

let log: FakeLog;
let broker: FakeBroker;
let tails: Tails;
beforeEach(() => {
  log = new FakeLog();
  broker = new FakeBroker();
  tails = openTails();
});
afterEach(async () => {
  await tails.close();
  vi.useRealTimers();
});

const openTails = (): Tails =>
  new Tails({ log, broker, logger: pino({ level: 'silent' }), checkMs: 3_000, checkWhileAwayMs: 1_000 });

const until = (assertion: () => void): Promise<void> => vi.waitFor(assertion, { interval: 1 });
const unavailable = { code: 'UNAVAILABLE' };
const createListener = () => {
  const heard: (number | string)[] = [];
  return {
    heard,
    onEntry: ({ number }: { number: number }) => void heard.push(number),
    onEnded: ({ code }: TidingsError) => void heard.push(code),
  };
};

test('many join one tail, also while it opens; the last that leaves ends it', async () => {
  broker.held = true;
  const joining = [tails.join(fakeTopic), tails.join(fakeTopic)];
  broker.answer();
  const handles = [...(await Promise.all(joining)), await tails.join(fakeTopic)];
  expect(new Set(handles.map(({ tail }) => tail)).size).toBe(1);
  expect([tails.size, broker.follows, broker.followers.size]).toEqual([1, 1, 1]);
  for (const handle of handles.slice(1)) {
    handle.leave();
    handle.leave();
  }
  expect(tails.size).toBe(1);
  handles[0]?.leave();
  expect(tails.size).toBe(0);
  await until(() => expect(broker.followers.size).toBe(0));
});

test('whoever joins while the last one leaves gets a tail that follows', async () => {
  const first = await tails.join(fakeTopic);
  first.leave();
  const second = await tails.join(fakeTopic);
  expect(second.tail).not.toBe(first.tail);
  await until(() => expect(broker.followers.size).toBe(1));
  first.leave();
  expect(tails.size).toBe(1);
  log.fill(1);
  broker.tell(1);
  expect(second.tail.position.number).toBe(1);
});

test('where the broker cannot follow everybody who waits is told, and nothing is kept', async () => {
  broker.held = true;
  const joining = [tails.join(fakeTopic), tails.join(fakeTopic)];
  broker.answer(new TidingsError('UNAVAILABLE', 'away'));
  for (const outcome of await Promise.allSettled(joining)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable });
  }
  expect(tails.size).toBe(0);
  await tails.join(fakeTopic);
  expect(broker.followers.size).toBe(1);
});

test('where the head cannot be read the broker is let go of', async () => {
  log.failure = new TidingsError('UNAVAILABLE', 'away');
  await expect(tails.join(fakeTopic)).rejects.toMatchObject(unavailable);
  expect([tails.size, broker.follows, broker.followers.size]).toEqual([0, 1, 0]);
});

test('a tail that is lost is replaced for whoever joins next, even while somebody still holds it', async () => {
  log.fill(7);
  const { tail } = await tails.join(fakeTopic);
  const listener = createListener();
  tail.add(listener);
  log.entries.length = 5;
  await tails.check();
  expect(listener.heard).toEqual(['CURSOR_EXPIRED']);
  const next = await tails.join(fakeTopic);
  expect(next.tail).not.toBe(tail);
  expect(next.tail.position.number).toBe(5);
});

test('a check never relies on heads that were read before it was asked for, and many share one', async () => {
  const { tail } = await tails.join(fakeTopic);
  const answer = log.hold();
  const first = tails.check();
  await until(() => expect(log.headReads).toBe(2));
  log.fill(1);
  const later = [tails.check(), tails.check(), tails.check()];
  answer();
  await Promise.all([first, ...later]);
  await until(() => expect(tail.position.number).toBe(1));
  expect(log.headReads).toBe(3);
});

test('a check that fails is followed by one that works', async () => {
  const { tail } = await tails.join(fakeTopic);
  log.fill(1);
  log.failure = new Error('away');
  await tails.check();
  log.failure = null;
  await tails.check();
  await until(() => expect(tail.position.number).toBe(1));
});

test('of many topics, one whose log could not be read is read with the next look, though nothing new is written', async () => {
  for (let index = 0; index < 3_500; index += 1) await tails.join(`acme/other/${index}`);
  const { tail } = await tails.join(fakeTopic);
  await tails.check();
  log.fill(1);
  log.written = new Map([[fakeTopic, { number: 1, eventId: 'event-1' }]]);
  const reading = vi.spyOn(log, 'readOn').mockRejectedValue(new Error('away'));
  await tails.check();
  await until(() => expect(reading).toHaveBeenCalled());
  expect(tail.position.number).toBe(0);
  reading.mockRestore();
  log.written = new Map();
  await tails.check();
  await until(() => expect(tail.position.number).toBe(1));
});

test('heads are compared every few seconds, every second while the broker is away, at once when it is back', async () => {
  await tails.close();
  vi.useFakeTimers();
  tails = openTails();
  const { tail } = await tails.join(fakeTopic);
  log.fill(1);
  await vi.advanceTimersByTimeAsync(2_999);
  expect(tail.position.number).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(tail.position.number).toBe(1);

  broker.state = 'away';
  broker.listener('away');
  log.fill(2);
  await vi.advanceTimersByTimeAsync(999);
  expect(tail.position.number).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(tail.position.number).toBe(2);

  log.fill(3);
  broker.state = 'connected';
  broker.listener('connected');
  for (const follower of broker.followers) follower.onRestored();
  await vi.advanceTimersByTimeAsync(0);
  expect(tail.position.number).toBe(3);
});

test('closing ends whoever is still there with UNAVAILABLE, and whoever joins afterwards', async () => {
  const handle = await tails.join(fakeTopic);
  const listener = createListener();
  handle.tail.add(listener);
  broker.held = true;
  const opening = tails.join('acme/order/43').then((handle) => handle.tail.add(listener));
  const closed = tails.close();
  broker.answer();
  await Promise.all([closed, opening]);
  handle.leave();
  expect(listener.heard).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
  expect(broker.followers.size).toBe(0);
  await expect(tails.join(fakeTopic)).rejects.toMatchObject(unavailable);
});

test('settled: what nobody has announced has been passed on, also by a tail that is being opened', async () => {
  const listener = createListener();
  const { tail } = await tails.join(fakeTopic);
  tail.add(listener);
  log.fill(3);
  await tails.settled();
  expect(listener.heard).toEqual([1, 2, 3]);
  // A reading that began before has read less.
  const answer = log.hold();
  broker.tell(5);
  log.fill(6);
  const settled = tails.settled();
  answer();
  await settled;
  expect(listener.heard).toEqual([1, 2, 3, 4, 5, 6]);

  await tails.close();
  broker.held = true;
  tails = openTails();
  const joining = tails.join(fakeTopic);
  let isSettled = false;
  const waiting = tails.settled().then(() => (isSettled = true));
  await new Promise((resume) => void setImmediate(resume));
  expect(isSettled).toBe(false);
  broker.answer();
  await waiting;
  expect((await joining).tail.position.number).toBe(6);
});

test('settled: a log that can not be read is told, and so is one that fails behind its heads', async () => {
  const { tail } = await tails.join(fakeTopic);
  log.fill(2);
  log.failure = new TidingsError('UNAVAILABLE', 'away');
  await expect(tails.settled()).rejects.toMatchObject(unavailable);
  log.failure = null;
  vi.spyOn(log, 'readOn').mockRejectedValue(new Error('broken'));
  await expect(tails.settled()).rejects.toMatchObject(unavailable);
  vi.restoreAllMocks();
  await tails.settled();
  expect(tail.position.number).toBe(2);
});
