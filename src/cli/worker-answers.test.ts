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
async function remains(answers: readonly unknown[]): Promise<string> {
  const sum = answers
    .map((answer) => Number(String(answer).replace('past ', '')))
    .reduce((total, one) => total + one, 0);
  if (Number.isNaN(sum)) throw new Error('They are no numbers.');
  return `past ${sum}`;
}

function setUp(
  answers: readonly (() => Promise<unknown>)[],
  onError = (error: unknown): void => expect.unreachable(String(error)),
) {
  const primary = new AnswersOfWorkers(remains, onError);
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

test('what can not be joined is left out, and said', async () => {
  const onError = vi.fn();
  let isSilent = false;
  const broken = async () => (isSilent ? hanging() : 'none');
  const [ask, other, brokenOnes] = setUp([async () => 1, async () => 20, broken], onError);
  await ask?.();
  other?.exit();
  isSilent = true;
  const asked = ask?.();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await asked).toEqual([1, 'past 20']);
  expect(onError).toHaveBeenCalledTimes(1);
  brokenOnes?.exit();
  expect(await ask?.()).toEqual([1, 'past 20']);
  expect(onError).toHaveBeenCalledTimes(2);
  expect(onError).toHaveBeenLastCalledWith(new Error('They are no numbers.'));
});
