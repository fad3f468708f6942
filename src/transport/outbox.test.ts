import type { WebSocket } from 'ws';
import { beforeEach, afterEach, describe, expect, test, vi } from 'vitest';
import type { FrameSink } from './frame-sink.ts';
import { toText, wholeText, type Message } from './frames.ts';
import { Outbox, TurnEnd } from './outbox.ts';

/** Takes nothing until it is told to. */
class FakeSink implements FrameSink {
  readonly writes: string[][] = [];
  bufferedBytes = 0;
  takenBytes = 0;
  #listeners: (() => void)[] = [];

  write(messages: readonly Message[], bytes: number): void {
    this.writes.push(messages.map((message) => toText(message).toString('utf8')));
    this.bufferedBytes += bytes;
  }
  onceDrained(listener: () => void): void {
    this.#listeners.push(listener);
  }
  drain(): void {
    this.bufferedBytes = 0;
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

let sink: FakeSink;
let socket: { readyState: number; OPEN: number; close(code: number, reason: string): void };
let outbox: Outbox;
let stuck: number;
const closed: [number, string][] = [];
const broken: unknown[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  sink = new FakeSink();
  stuck = 0;
  closed.length = 0;
  broken.length = 0;
  socket = { readyState: 1, OPEN: 1, close: (code, reason) => void closed.push([code, reason]) };
  outbox = new Outbox({
    socket: socket as unknown as WebSocket,
    sink,
    policy: { turnEnd: new TurnEnd(), stuckMs: 1_000 },
    reader: { onStuck: () => (stuck += 1), onBroken: (error) => broken.push(error) },
  });
});
afterEach(() => vi.useRealTimers());

const add = (content: string): void => outbox.add(wholeText(content));
const endTurn = (): void => void vi.advanceTimersByTime(0);
const much = 'x'.repeat(70_000);

test('what one turn of the event loop has brought leaves in one write', () => {
  add('one');
  add('two');
  expect(sink.writes).toEqual([]);
  endTurn();
  expect(sink.writes).toEqual([['one', 'two']]);
  add('three');
  endTurn();
  expect(sink.writes).toEqual([['one', 'two'], ['three']]);
});

test('behind a long pass there is a pause of twice as long, in which what comes is joined; at most 20 ms', () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  let passMs = 5;
  const write = sink.write.bind(sink);
  sink.write = (messages, bytes) => {
    now += passMs;
    write(messages, bytes);
    sink.bufferedBytes = 0;
  };
  const pauseAfter = (content: string): number => {
    add(content);
    endTurn();
    expect(sink.writes.at(-1)).toEqual([content]);
    add('two');
    let waited = 0;
    for (; !sink.writes.flat().includes('two'); waited += 1) {
      add(`${waited}`);
      vi.advanceTimersByTime(1);
    }
    expect(sink.writes.at(-1)?.[0]).toBe('two');
    expect(sink.writes.at(-1)).toHaveLength(waited + 1);
    sink.writes.length = 0;
    now += 1_000;
    return waited;
  };
  expect(pauseAfter('one')).toBe(10);
  passMs = 50;
  expect(pauseAfter('one')).toBe(20);
});

describe('a reader that does not keep up', () => {
  test('is given no more than a little ahead, and the rest when it has read that', () => {
    const resumed: string[] = [];
    add(much);
    expect(outbox.isReady).toBe(false);
    outbox.onceReady(() => resumed.push('first'));
    endTurn();
    outbox.onceReady(() => resumed.push('second'));
    expect(resumed).toEqual([]);
    sink.drain();
    expect(resumed).toEqual(['first', 'second']);
    expect(outbox.isReady).toBe(true);
  });

  test('one that reads at once is never waited for', () => {
    const resumed: string[] = [];
    add(much);
    outbox.onceReady(() => resumed.push('first'));
    sink.write = () => undefined;
    endTurn();
    expect(resumed).toEqual(['first']);
  });

  test('whoever finds it full again waits behind the others', () => {
    const order: string[] = [];
    const wants = (name: string) => () => {
      if (!outbox.isReady) return outbox.onceReady(wants(name));
      order.push(name);
      add(much);
      outbox.onceReady(wants(name));
    };
    wants('a')();
    wants('b')();
    wants('c')();
    for (let turn = 0; turn < 7; turn += 1) {
      endTurn();
      sink.drain();
    }
    // The first time it was the first to wait.
    expect(order.slice(0, 7)).toEqual(['a', 'a', 'b', 'c', 'a', 'b', 'c']);
  });

  test('is stuck when nothing at all was read for so long, and not before', () => {
    add(much);
    endTurn();
    vi.advanceTimersByTime(999);
    // A part of what was written: the rest of it waits on.
    sink.takenBytes += 1;
    vi.advanceTimersByTime(999);
    expect(stuck).toBe(0);
    vi.advanceTimersByTime(1_002);
    expect(stuck).toBe(1);
    vi.advanceTimersByTime(10_000);
    expect(stuck).toBe(1);
  });

  test('one that has read everything is not stuck, however long nothing comes', () => {
    add(much);
    endTurn();
    sink.drain();
    vi.advanceTimersByTime(10_000);
    expect(stuck).toBe(0);
  });

  test('whoever has a text to send waits until it was added', async () => {
    const sent = vi.fn<() => void>();
    void outbox.sendText(much);
    endTurn();
    void outbox.sendText('second').then(sent);
    await Promise.resolve();
    expect(sent).not.toHaveBeenCalled();
    sink.drain();
    await vi.waitFor(() => expect(sent).toHaveBeenCalledOnce());
  });

  test('whoever has gone is not told that there is room', () => {
    const [gone, staying] = [vi.fn<() => void>(), vi.fn<() => void>()];
    add(much);
    endTurn();
    outbox.onceReady(gone);
    outbox.onceReady(staying);
    outbox.forget(gone);
    sink.drain();
    expect(gone).not.toHaveBeenCalled();
    expect(staying).toHaveBeenCalledOnce();
  });

  test('nothing is put behind what was not read: whoever answers waits, one after the other', () => {
    void outbox.sendText(much);
    void outbox.sendText(`second ${much}`);
    void outbox.sendText(`third ${much}`);
    for (const count of [1, 2, 3]) {
      endTurn();
      endTurn();
      expect(sink.writes).toHaveLength(count);
      sink.drain();
    }
    expect(sink.writes.map(([text]) => text?.slice(0, 5))).toEqual(['xxxxx', 'secon', 'third']);
  });
});

test('one that can not be written to keeps nobody else waiting', () => {
  const policy = { turnEnd: new TurnEnd(), stuckMs: 1_000 };
  const error = new Error('no');
  const failing = new Outbox({
    socket: socket as unknown as WebSocket,
    sink: {
      bufferedBytes: 0,
      takenBytes: 0,
      onceDrained: () => undefined,
      write() {
        throw error;
      },
    },
    policy,
    reader: { onStuck: () => undefined, onBroken: (told) => broken.push(told) },
  });
  const other = new Outbox({
    socket: socket as unknown as WebSocket,
    sink,
    policy,
    reader: { onStuck: () => undefined, onBroken: () => undefined },
  });
  failing.add(wholeText('lost'));
  other.add(wholeText('told'));
  endTurn();
  expect(broken).toEqual([error]);
  expect(sink.writes).toEqual([['told']]);
});

test('one whose reader throws when there is room keeps nobody else waiting', () => {
  const other = new FakeSink();
  const policy = { turnEnd: new TurnEnd(), stuckMs: 1_000 };
  const reader = { onStuck: () => undefined, onBroken: (told: unknown) => broken.push(told) };
  const outboxes = [sink, other].map(
    (each) => new Outbox({ socket: socket as unknown as WebSocket, sink: each, policy, reader }),
  );
  const error = new Error('no');
  outboxes[0]?.onceReady(() => {
    throw error;
  });
  for (const each of outboxes) each.add(wholeText('told'));
  endTurn();
  expect(broken).toEqual([error]);
  expect(other.writes).toEqual([['told']]);
});

describe('closing', () => {
  test('lets out first what was added', () => {
    add('the last');
    outbox.close(1012, 'Going.');
    expect(sink.writes).toEqual([['the last']]);
    expect(closed).toEqual([[1012, 'Going.']]);
  });

  test('nothing follows a close frame', () => {
    add('too late');
    socket.readyState = 2;
    endTurn();
    expect(sink.writes).toEqual([]);
  });

  test('nobody waits for a socket that is gone', async () => {
    add(much);
    endTurn();
    outbox.dispose();
    await Promise.all([outbox.ready(), outbox.sendText('too late')]);
    endTurn();
    expect(sink.writes).toEqual([[much]]);
  });

  test('lets go of whoever waits, and is never stuck', () => {
    const resume = vi.fn<() => void>();
    add(much);
    endTurn();
    outbox.onceReady(resume);
    outbox.dispose();
    expect(resume).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(10_000);
    expect(stuck).toBe(0);
  });
});
