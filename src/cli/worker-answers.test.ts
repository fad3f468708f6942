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
    on: (event: 'message', listener: (message: unknown) => void) => own.on(event, listener),
    send: (message: unknown) =>
      queueMicrotask(() => other.emit('message', structuredClone(message))) === undefined,
  });
  return { worker: endOf(inside, outside), first: endOf(outside, inside) };
}

function setUp(answers: readonly (() => Promise<unknown>)[]) {
  const channels = answers.map(createChannel);
  const primary = new AnswersOfWorkers(() => channels.map(({ first }) => first));
  for (const { first } of channels) primary.serve(first);
  return channels.map(({ worker }, index) => joinAnswers(worker, answers[index] ?? (async () => null)));
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
