// A subscription over a connection that does what the test says: how it finds its place, keeps it, and what ends it.
import { gql } from '@urql/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerError } from './client-errors.ts';
import type { ConnectedOperation } from './connection.ts';
import { LiveSubscription } from './live-subscription.ts';
import { cursorQueries } from './start-cursors.ts';

let operations: ConnectedOperation[];
let told: unknown[];
let subscription: LiveSubscription;
beforeEach(() => {
  vi.useFakeTimers();
  operations = [];
  told = [];
});
afterEach(() => vi.useRealTimers());

function subscribe(text: string, variables: Readonly<Record<string, unknown>> = {}): void {
  subscription = new LiveSubscription(
    {
      connection: {
        start(operation) {
          operations.push(operation);
          return () => void operations.splice(operations.indexOf(operation), 1);
        },
      },
      cursorQueries,
      cursorExpired: (field) => told.push(`${field} has expired`),
      now: Date.now,
      random: () => 0,
      log: () => undefined,
    },
    gql(text),
    variables,
    {
      result: ({ data, errors }) => told.push(data ?? errors),
      resumed: () => told.push('resumed'),
      error: (errors) => told.push(errors.map(({ extensions }) => extensions?.code)),
      closed: ({ message }) => told.push(message),
      complete: () => told.push('complete'),
    },
  );
}
const current = (): ConnectedOperation => {
  const operation = operations.at(-1);
  if (operation === undefined) throw new Error('Nothing is under way.');
  return operation;
};
const send = () => current().sent?.();
const event = (cursor: string) => current().next({ data: { notification: { cursor } } });
const error = (code: string, retryAfterMs?: number): ServerError => ({
  message: code,
  extensions: { code, ...(retryAfterMs !== undefined && { retryAfterMs }) },
});
const text = 'subscription ($after: Cursor) { notification(after: $after) { cursor } }';
const place = () => current().payload().variables?.['after'];

describe('where it begins', () => {
  it('is asked for where it was not given', () => {
    subscribe(text);
    expect(current().payload().query).toBe('{ notifications(first: 1) { cursor } }');
    current().next({ data: { notifications: { cursor: 'c0' } } });
    expect(operations).toHaveLength(1);
    expect(place()).toBe('c0');
  });

  it('is the cursor that was given', () => {
    subscribe(text, { after: 'c5' });
    expect(place()).toBe('c5');
  });

  it('is whatever comes where there is no place yet', () => {
    subscribe(
      'subscription ($id: ID, $after: Cursor) { orderUpdated(orderId: $id, after: $after) { cursor } }',
      {
        id: '7',
      },
    );
    expect(current().payload().variables).toEqual({ id: '7' });
    current().next({ data: { order: null } });
    expect(current().payload()).toMatchObject({ variables: { id: '7' } });
    expect(place()).toBeUndefined();
  });

  it('is asked for again where that may work later, and not where it will not', () => {
    subscribe(text);
    current().next({ errors: [error('UNAVAILABLE', 2_000)] });
    expect(operations).toEqual([]);
    vi.advanceTimersByTime(2_000);
    current().error([error('FORBIDDEN')]);
    expect(told).toEqual([['FORBIDDEN']]);
    vi.advanceTimersByTime(60_000);
    expect(operations).toHaveLength(1);
  });
});

it('on a new connection it goes on behind its last event, and says so', () => {
  subscribe(text, { after: 'c0' });
  send();
  event('c1');
  event('c2');
  send();
  expect(place()).toBe('c2');
  expect(told).toEqual([{ notification: { cursor: 'c1' } }, { notification: { cursor: 'c2' } }, 'resumed']);
});

describe('an error', () => {
  beforeEach(() => {
    subscribe(text, { after: 'c0' });
    send();
    event('c1');
    told = [];
  });

  it('that passes is waited for, longer each time, and it goes on behind its last event', () => {
    current().error([error('UNAVAILABLE', 100)]);
    for (const waitMs of [250, 500, 1_000]) {
      operations = [];
      vi.advanceTimersByTime(waitMs - 1);
      expect(operations).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(place()).toBe('c1');
      send();
      current().error([error('RATE_LIMITED', 100)]);
    }
    vi.advanceTimersByTime(2_000);
    send();
    event('c2');
    expect(told.filter((each) => each !== 'resumed')).toEqual([{ notification: { cursor: 'c2' } }]);
  });

  it('behind a quiet while is the first again', () => {
    const waitMsAfter = (quietMs: number): number => {
      vi.advanceTimersByTime(quietMs);
      current().error([error('UNAVAILABLE', 100)]);
      operations = [];
      const failedAt = Date.now();
      while (operations.length === 0) vi.advanceTimersByTime(1);
      send();
      return Date.now() - failedAt;
    };
    expect([0, 0, 0, 60_000, 0].map(waitMsAfter)).toEqual([250, 500, 1_000, 250, 500]);
  });

  it('that does not pass ends it', () => {
    current().error([error('FORBIDDEN')]);
    expect(told).toEqual([['FORBIDDEN']]);
  });

  it('of a cursor that has expired is told to whoever reads anew', () => {
    current().error([error('CURSOR_EXPIRED')]);
    expect(told).toEqual(['notification has expired', ['CURSOR_EXPIRED']]);
  });

  it('that came as its only result is one all the same', () => {
    current().next({ data: null, errors: [error('CURSOR_EXPIRED')] });
    expect(told).toEqual([]);
    current().complete();
    expect(told).toEqual(['notification has expired', ['CURSOR_EXPIRED']]);
  });

  it('of one event ends nothing', () => {
    const failed = [error('INTERNAL')];
    current().next({ data: null, errors: failed });
    event('c3');
    expect(told).toEqual([failed, { notification: { cursor: 'c3' } }]);
  });
});

it('the end of the connection ends it, and so does its own', () => {
  subscribe(text, { after: 'c0' });
  current().closed(Object.assign(new Error('gone'), { name: 'ConnectionClosedError' as const }));
  expect(told).toEqual(['gone']);
  subscribe(text, { after: 'c0' });
  current().complete();
  expect(told).toEqual(['gone', 'complete']);
});

it('stopped, it does nothing more, not even later', () => {
  subscribe(text, { after: 'c0' });
  operations = [current()];
  current().error([error('UNAVAILABLE', 100)]);
  operations = [];
  subscription.stop();
  vi.advanceTimersByTime(60_000);
  expect(operations).toEqual([]);
  expect(told).toEqual([]);
});
