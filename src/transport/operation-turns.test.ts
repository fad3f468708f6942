import { beforeEach, expect, test } from 'vitest';
import { OperationTurns } from './operation-turns.ts';

const subscribe = (id: string) => JSON.stringify({ type: 'subscribe', id });
const complete = (id: string) => JSON.stringify({ type: 'complete', id });

/** Operations that run until they are told to settle. */
function operations() {
  const started: string[] = [];
  const settle = new Map<string, () => void>();
  const run = (name: string) => () =>
    new Promise<void>((resolve) => {
      started.push(name);
      settle.set(name, resolve);
    });
  return { started, run, settle: (name: string) => settle.get(name)?.() };
}
const nothing = async () => {};
let waiting = 0;
let refused = 0;
beforeEach(() => {
  waiting = 0;
  refused = 0;
});
const createTurns = () => {
  const turns = new OperationTurns({
    intake: { entered: () => (waiting += 1), left: () => (waiting -= 1) },
    refuse: () => (refused += 1),
  });
  return (text: string, handle: () => Promise<void>) => turns.handle(text, handle);
};

test('an operation starts at once, also beside others', () => {
  const { started, run } = operations();
  const inTurn = createTurns();
  void inTurn(subscribe('1'), run('first'));
  void inTurn(subscribe('2'), run('second'));
  expect(started).toEqual(['first', 'second']);
});

test('an operation that reuses a completed id waits until the one before it has ended', async () => {
  const { started, run, settle } = operations();
  const inTurn = createTurns();
  const first = inTurn(subscribe('1'), run('first'));
  await inTurn(complete('1'), nothing);
  const second = inTurn(subscribe('1'), run('second'));
  expect(started).toEqual(['first']);
  expect(waiting).toBe(1);
  settle('first');
  await first;
  await expect.poll(() => started).toEqual(['first', 'second']);
  expect(waiting).toBe(0);
  settle('second');
  await second;
});

test('an operation that is completed while it waits never starts, and the next one is not kept waiting', async () => {
  const { started, run, settle } = operations();
  const inTurn = createTurns();
  void inTurn(subscribe('1'), run('first'));
  await inTurn(complete('1'), nothing);
  const second = inTurn(subscribe('1'), run('second'));
  await inTurn(complete('1'), nothing);
  const third = inTurn(subscribe('1'), run('third'));
  settle('first');
  await second;
  await expect.poll(() => started).toEqual(['first', 'third']);
  settle('third');
  await third;
});

test('an id that is in use is left to the protocol to refuse', () => {
  const { started, run } = operations();
  const inTurn = createTurns();
  void inTurn(subscribe('1'), run('first'));
  void inTurn(subscribe('1'), run('repeated'));
  expect(started).toEqual(['first', 'repeated']);
  expect(refused).toBe(0);
});

test('an id that is in use by an operation that waits is refused here: the protocol knows nothing of it', async () => {
  const { started, run, settle } = operations();
  const inTurn = createTurns();
  const first = inTurn(subscribe('1'), run('first'));
  await inTurn(complete('1'), nothing);
  const second = inTurn(subscribe('1'), run('second'));
  await inTurn(subscribe('1'), run('repeated'));
  expect(refused).toBe(1);
  settle('first');
  await first;
  await expect.poll(() => started).toEqual(['first', 'second']);
  void inTurn(subscribe('1'), run('repeated again'));
  expect(started).toEqual(['first', 'second', 'repeated again']);
  expect(refused).toBe(1);
  settle('second');
  await second;
});

test('an operation that failed does not keep the next one from starting', async () => {
  const { started, run, settle } = operations();
  const inTurn = createTurns();
  await expect(inTurn(subscribe('1'), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  const next = inTurn(subscribe('1'), run('next'));
  expect(started).toEqual(['next']);
  settle('next');
  await next;
});

test.each(['{', '[]', 'null', '"subscribe"', '{"type":"ping"}', '{"type":"subscribe"}'])(
  '%s is handled as it comes',
  async (text) => {
    let handled = 0;
    await createTurns()(text, async () => void (handled += 1));
    expect(handled).toBe(1);
  },
);
