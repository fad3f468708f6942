import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Session } from '../auth/session.ts';
import { TidingsError } from '../errors.ts';
import type { Context } from '../schema/context.ts';
import { DeliveryFigures } from '../schema/delivery-figures.ts';
import { createClientErrors } from './client-errors.ts';
import { ConnectionBook } from './connection-book.ts';
import { createEventStreams } from './event-streams.ts';
import { TransportFigures } from './transport-figures.ts';

test('a stream that may not be told any more ends with the reason, and lets go of what it followed', async () => {
  let released = 0;
  async function* follow() {
    try {
      for (;;) yield { data: { announcement: { message: 'hello' } } };
    } finally {
      released += 1;
    }
  }
  const book = new ConnectionBook({ isRevoked: () => false, maxPerUser: 10 });
  let isAway = false;
  const away = () => Promise.reject(new TidingsError('UNAVAILABLE', 'The database is away.'));
  const figures = new TransportFigures();
  const streams = createEventStreams({
    clientErrors: createClientErrors(pino({ level: 'silent' }), figures, { suggests: true }),
    book,
    figures,
    confirm: () => (isAway ? away() : null),
  });
  const verifier = { verify: () => Promise.reject(new Error('Nobody comes.')) };
  const session = new Session({ transport: 'http', viewer: null, verifier });
  const runtime = { deliveries: new DeliveryFigures() };
  const context = { session, runtime, delivery: { announcedAt: null } } as unknown as Context;
  const stream = streams.open(follow(), context, { requestId: 'r-1' });
  expect([streams.size, figures.opened.sse]).toEqual([1, 1]);
  expect(await stream.next()).toMatchObject({ value: { data: {} } });
  expect(book.total).toEqual({ connections: 1, subscriptions: 1 });
  isAway = true;
  const { value } = await stream.next();
  expect(value?.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  await expect.poll(() => released).toBe(1);
  expect(book.total).toEqual({ connections: 0, subscriptions: 0 });
  expect([streams.size, figures.opened.sse, figures.errors.UNAVAILABLE]).toEqual([0, 1, 1]);
});
