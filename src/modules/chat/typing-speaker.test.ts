import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMemoryExpiringSets } from '../../engines/memory/memory-expiring-sets.ts';
import { TypingSpeaker } from './typing-speaker.ts';
import { toTypists, type TypingMessage } from './typing-state.ts';

const ada = { id: 'ada', name: 'Ada', avatarUrl: null };
const channel = 'acme/typing/c';

function connection(id: string) {
  const listeners = new Set<() => void>();
  return {
    id,
    listeners,
    onClosed(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => [...listeners].forEach((listener) => listener()),
  };
}

/** Nodes that share an engine; `took` answers what they have told since it was last asked: ms, or stopped. */
function setUp() {
  const now = () => performance.now();
  const expiring = createMemoryExpiringSets(now);
  const told: string[] = [];
  const broker = {
    publish: async (_channel: string, text: string) => {
      const message = JSON.parse(text) as TypingMessage;
      told.push(message.expiresInMs === null ? 'stopped' : String(Math.round(message.expiresInMs)));
    },
  };
  const onSilent = vi.fn();
  const logger = pino({ level: 'silent' });
  const node = () => new TypingSpeaker({ channel, userId: 'ada', broker, expiring, logger, now, onSilent });
  const isTyping = async () => toTypists(await expiring.list(channel)).has('ada');
  return { node, isTyping, onSilent, took: () => told.splice(0) };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('is told when it starts, and renewals every two seconds at most', async () => {
  const { node, took } = setUp();
  const speaker = node();
  await speaker.say(ada, null);
  expect(took()).toEqual(['6000']);
  for (let said = 0; said < 3; said += 1) {
    await pass(500);
    await speaker.say(ada, null);
  }
  expect(took()).toEqual([]);
  // The last renewal was at 1.5 s: at 2 s it has 5.5 s to go.
  await pass(500);
  expect(took()).toEqual(['5500']);
  await pass(2_000);
  expect(took()).toEqual([]);
  await speaker.say(ada, null);
  expect(took()).toEqual(['6000']);
});

test('ends once, and a new start is told at once when the last is two seconds ago', async () => {
  const { node, took, isTyping } = setUp();
  const speaker = node();
  await speaker.end();
  expect(took()).toEqual([]);
  await speaker.say(ada, null);
  await speaker.end();
  await speaker.end();
  expect(took()).toEqual(['6000', 'stopped']);
  expect(await isTyping()).toBe(false);
  await pass(2_000);
  await speaker.say(ada, null);
  expect(took()).toEqual(['6000']);
});

test('a start soon after an end is told two seconds after the last one', async () => {
  const { node, took } = setUp();
  const speaker = node();
  await speaker.say(ada, null);
  await pass(500);
  await speaker.end();
  expect(took()).toEqual(['6000', 'stopped']);
  await pass(500);
  await speaker.say(ada, null);
  await pass(999);
  expect(took()).toEqual([]);
  await pass(1);
  expect(took()).toEqual(['5000']);
});

test('started and stopped in turns a hundred times, it is seen to start as often as if it were kept up', async () => {
  const { node, took } = setUp();
  const speaker = node();
  for (let said = 0; said < 100; said += 1) {
    await speaker.say(ada, null);
    await pass(50);
    await speaker.end();
    await pass(50);
  }
  // Ten seconds. That it has ended is told each time, also to those who have not been told of the start.
  expect(took().filter((word) => word !== 'stopped')).toHaveLength(5);
});

test('a renewal that waits for its turn is not told after the end', async () => {
  const { node, took } = setUp();
  const [one, other] = [node(), node()];
  await one.say(ada, null);
  await one.say(ada, null);
  await other.end();
  expect(took()).toEqual(['6000', 'stopped']);
  await pass(10_000);
  expect(took()).toEqual([]);
});

test('what another node has ended starts anew in its time', async () => {
  const { node, took } = setUp();
  const [one, other] = [node(), node()];
  await one.say(ada, null);
  await other.end();
  await one.say(ada, null);
  expect(took()).toEqual(['6000', 'stopped']);
  await pass(2_000);
  expect(took()).toEqual(['4000']);
});

test('ends with the connection that said it', async () => {
  const { node, took, isTyping, onSilent } = setUp();
  const socket = connection('1');
  await node().say(ada, socket);
  socket.close();
  await pass(0);
  expect(took()).toEqual(['6000', 'stopped']);
  expect(await isTyping()).toBe(false);
  await pass(1_999);
  expect(onSilent).not.toHaveBeenCalled();
  await pass(1);
  expect(onSilent).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('said over two connections it ends with the last of them, also of two nodes', async () => {
  const { node, took } = setUp();
  const [here, there] = [connection('1'), connection('2')];
  await node().say(ada, here);
  await node().say(ada, there);
  took();
  here.close();
  await pass(0);
  expect(took()).toEqual([]);
  there.close();
  await pass(0);
  expect(took()).toEqual(['stopped']);
});

test('said over HTTP as well it only lapses', async () => {
  const { node, took, isTyping } = setUp();
  const speaker = node();
  const socket = connection('1');
  await speaker.say(ada, socket);
  await speaker.say(ada, null);
  socket.close();
  await pass(1_000);
  expect(await isTyping()).toBe(true);
  await pass(5_000);
  expect(await isTyping()).toBe(false);
  expect(took()).not.toContain('stopped');
});

test('without a word it falls silent, and lets go of its connection', async () => {
  const { node, onSilent } = setUp();
  const socket = connection('1');
  const speaker = node();
  await speaker.say(ada, socket);
  await speaker.say(ada, socket);
  expect(socket.listeners.size).toBe(1);
  await pass(6_000);
  expect(socket.listeners.size).toBe(0);
  expect(onSilent).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('is not forgotten between an end and a start that follows at once', async () => {
  const { node, took, onSilent, isTyping } = setUp();
  const speaker = node();
  await speaker.say(ada, null);
  await pass(2_000);
  await Promise.all([speaker.end(), speaker.say(ada, null)]);
  expect(took()).toEqual(['6000', 'stopped', '6000']);
  expect(await isTyping()).toBe(true);
  expect(onSilent).not.toHaveBeenCalled();
});
