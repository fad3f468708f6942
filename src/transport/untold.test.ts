import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { revokedSessions } from '../auth/token-error.ts';
import { TidingsError } from '../errors.ts';
import { untold } from './untold.ts';

const mutation = { document: parse('mutation { eraseUser(userId: "a") { userId } }') };
const query = { document: parse('{ viewer { id } }') };
const away = new TidingsError('UNAVAILABLE', 'The database cannot be reached at the moment.', {
  retryAfterMs: 1_000,
});

test('a query says what stands in the way', () => {
  expect(untold(query, away)).toBe(away);
});

test('a mutation says that it may have taken effect, and how to find out', () => {
  expect(untold(mutation, away)).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/can not be told.*same idempotency key/) as string,
    retryAfterMs: expect.any(Number) as number,
  });
  expect(untold(mutation, Object.assign(new Error('lost'), { code: 'ECONNRESET' }))).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/same idempotency key/) as string,
  });
});

test('whoever was shown out is still told so', () => {
  expect(untold(mutation, revokedSessions())).toMatchObject({
    code: 'UNAUTHENTICATED',
    message: expect.stringMatching(/may have taken effect/) as string,
  });
});

test('what nobody expected stays what it is', () => {
  const bug = new Error('a bug');
  expect(untold(mutation, bug)).toBe(bug);
});
