import { expect, test, vi } from 'vitest';
import { TypingQueue } from './typing-queue.ts';

const user = (id: string) => ({ id, name: id, avatarUrl: null });

function setUp() {
  let time = 0;
  const onReleased = vi.fn();
  const queue = new TypingQueue({ conversationId: 'c', viewerId: 'viewer', now: () => time, onReleased });
  return {
    queue,
    onReleased,
    starts: (id: string, expiresAt = time + 6_000) => queue.push({ user: user(id), expiresAt }),
    stops: (id: string) => queue.push({ user: user(id), expiresAt: null }),
    pass: (ms: number) => {
      time += ms;
    },
    next: async () => {
      const { value } = await queue.next();
      return value === undefined ? undefined : `${value.user.id} ${value.expiresInMs ?? 'stopped'}`;
    },
  };
}

test('tells who starts, who renews and who stops, but not of the viewer', async () => {
  const { starts, stops, next, pass } = setUp();
  starts('viewer');
  starts('ada');
  expect(await next()).toBe('ada 6000');
  pass(2_000);
  starts('ada');
  expect(await next()).toBe('ada 6000');
  stops('viewer');
  stops('ada');
  expect(await next()).toBe('ada stopped');
});

test('a slow reader gets the newest, and how long it still stands', async () => {
  const { starts, stops, next, pass } = setUp();
  starts('ada');
  starts('bob');
  stops('ada');
  starts('ada');
  pass(1_000);
  expect(await next()).toBe('ada 5000');
  expect(await next()).toBe('bob 5000');
});

test('the end of what was never shown is not told', async () => {
  const { starts, stops, next, pass } = setUp();
  stops('ada');
  starts('bob');
  stops('bob');
  starts('cy');
  pass(6_000);
  starts('dee');
  expect(await next()).toBe('dee 6000');
});

test('what has lapsed before a slow reader takes it is told as stopped, where it was shown', async () => {
  const { starts, next, pass } = setUp();
  starts('ada');
  await next();
  starts('ada');
  pass(6_000);
  expect(await next()).toBe('ada stopped');
});

test('lets go once it is over', async () => {
  const { queue, onReleased, starts } = setUp();
  await queue.return();
  starts('ada');
  expect(await queue.next()).toEqual({ done: true, value: undefined });
  expect(onReleased).toHaveBeenCalledTimes(1);
});
