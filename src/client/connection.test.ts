// A server that lets nobody in: how often it is tried.
import { afterEach, expect, it, vi } from 'vitest';
import { Connection } from './connection.ts';
import { sessionTimings } from './socket-session.ts';
import { TokenSource } from './token-source.ts';

afterEach(() => void vi.useRealTimers());

it('trying takes longer each time, also where each try takes long', async () => {
  vi.useFakeTimers();
  const openings: number[] = [];
  /** Closes by itself before it has opened. */
  class SlowlyRefused {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readyState = SlowlyRefused.CONNECTING;
    onclose: ((event: { code: number; reason: string }) => void) | undefined;
    constructor() {
      openings.push(Date.now());
      setTimeout(() => this.close(), 12_000);
    }
    addEventListener(): void {}
    close(): void {
      if (this.readyState === SlowlyRefused.CLOSED) return;
      this.readyState = SlowlyRefused.CLOSED;
      this.onclose?.({ code: 1006, reason: '' });
    }
  }
  const waits: number[] = [];
  const connection = new Connection({
    url: 'ws://tidings.example/graphql',
    tokens: new TokenSource(null),
    webSocketImpl: SlowlyRefused,
    timings: { ...sessionTimings, openWithinMs: 15_000 },
    signals: () => () => undefined,
    now: Date.now,
    random: () => 0,
    log: () => undefined,
  });
  connection.onState((state) => {
    if (state.status === 'reconnecting' && state.nextTryAt !== null)
      waits.push(state.nextTryAt.getTime() - Date.now());
  });
  connection.connect();
  await vi.advanceTimersByTimeAsync(60_000);
  connection.disconnect();
  expect(waits.slice(0, 4)).toEqual([250, 500, 1_000, 2_000]);
  expect(openings.length).toBeLessThanOrEqual(5);
});
