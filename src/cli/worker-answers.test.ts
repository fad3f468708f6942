import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AnswersOfWorkers, joinAnswers } from './worker-answers.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A channel as between processes, and its two ends. */
function createChannel() {
  const [inside, outside] = [new EventEmitter(), new EventEmitter()];
  const endOf = (own: EventEmitter, other: EventEmitter) => ({
    isConnected: () => true,
    on: (event: string, listener: (message: unknown) => void) => own.on(event, listener),
    once: (event: string, listener: () => void) => own.once(event, listener),
    send: (message: unknown) =>
      queueMicrotask(() => other.emit('message', structuredClone(message))) === undefined,
  });
  return {
    worker: endOf(inside, outside),
    first: endOf(outside, inside),
    exit: () => void outside.emit('exit'),
  };
}

/** What remains of numbers is their sum, with a sign that tells it. */
const remains = async (answers: readonly unknown[]): Promise<string> =>
  `past ${answers.map((answer) => Number(String(answer).replace('past ', ''))).reduce((sum, one) => sum + one, 0)}`;

function setUp(answers: readonly (() => Promise<unknown>)[]) {
  const primary = new AnswersOfWorkers(remains);
  return answers.map((answer) => {
    const { worker, first, exit } = createChannel();
    primary.serve(first);
    return Object.assign(joinAnswers(worker, answer), { exit });
  });
}

const hanging = () => new Promise<never>(() => undefined);

test('whichever worker asks is told what all of them answer', async () => {
  const [askOne, askOther] = setUp([async () => 1, async () => 2, async () => 3]);
  const [ones, others] = await Promise.all([askOne?.(), askOther?.()]);
  expect([...(ones ?? [])].sort()).toEqual([1, 2, 3]);
  expect([...(others ?? [])].sort()).toEqual([1, 2, 3]);
});

test('one that hangs or can not answer is left out', async () => {
  const [ask] = setUp([async () => 1, hanging, () => Promise.reject(new Error('It can not.'))]);
  const asked = ask?.();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await asked).toEqual([1]);
});

test('of one that is silent its last answer counts, and of those that have gone too', async () => {
  let isSilent = false;
  const other = async () => (isSilent ? hanging() : 20);
  const [ask, askOther, askThird] = setUp([async () => 1, other, async () => 300]);
  await ask?.();
  isSilent = true;
  const asked = ask?.();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await asked).toEqual([1, 300, 'past 20']);
  askOther?.exit();
  expect(await ask?.()).toEqual([1, 300, 'past 20']);
  askThird?.exit();
  expect(await ask?.()).toEqual([1, 'past 320']);
});

test('one that goes while it is asked is told of once', async () => {
  const [ask, other] = setUp([async () => 1, async () => 20]);
  await ask?.();
  const asked = ask?.();
  other?.exit();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await asked).toEqual([1, 'past 20']);
});
