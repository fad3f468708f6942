import { describe, expect, it } from 'vitest';
import { classifyAnswer, classifyRejection, type Answer } from './classify.ts';

const url = 'https://tidings.example/graphql';
const now = Date.parse('2026-01-01T00:00:00Z');
const json = { contentType: 'application/json; charset=utf-8', retryAfter: null, location: null };
const answered = (answer: Partial<Answer> & { status: number; text: string }) =>
  classifyAnswer({ ...json, ...answer }, url, now);
const failedWith = (status: number, code: string, more: object = {}, retryAfter: string | null = null) =>
  answered({
    status,
    retryAfter,
    text: JSON.stringify({ errors: [{ message: 'Because.', extensions: { code }, ...more }] }),
  });

describe('the server’s own word', () => {
  it('data is what it is, whatever stands beside it', () => {
    const text = JSON.stringify({ data: { eraseUser: { userId: 'a' } }, extensions: {} });
    expect(answered({ status: 200, text })).toEqual({ kind: 'done', data: { eraseUser: { userId: 'a' } } });
  });

  it.each([
    ['FORBIDDEN', false, false],
    ['BAD_USER_INPUT', false, false],
    ['CONFLICT', false, false],
    ['UNAUTHENTICATED', false, false],
    ['RATE_LIMITED', true, false],
    // The answer to its commit may be what got lost.
    ['UNAVAILABLE', true, true],
    ['INTERNAL', false, true],
    ['SOMETHING_OF_A_TEAM', false, false],
  ])('%s: retryable %s, may have happened %s', (code, retryable, mayHaveHappened) => {
    expect(failedWith(200, code)).toMatchObject({ code, retryable, mayHaveHappened, message: 'Because.' });
  });

  it('asks to wait in the body, or in a header', () => {
    const inBody = { extensions: { code: 'RATE_LIMITED', retryAfterMs: 250 } };
    expect(failedWith(200, '', inBody, '9')).toMatchObject({ retryAfterMs: 250 });
    expect(failedWith(429, 'RATE_LIMITED', {}, '2')).toMatchObject({ retryAfterMs: 2_000 });
    const date = 'Thu, 01 Jan 2026 00:00:05 GMT';
    expect(failedWith(429, 'RATE_LIMITED', {}, date)).toMatchObject({ retryAfterMs: 5_000 });
    expect(failedWith(429, 'RATE_LIMITED', {}, 'soon')).toMatchObject({ retryAfterMs: null });
  });

  it('a field of the result that failed says nothing of the mutation: it may have happened', () => {
    expect(failedWith(200, 'FORBIDDEN', { path: ['publishOrderUpdate'] })).toMatchObject({
      mayHaveHappened: false,
    });
    expect(failedWith(200, 'FORBIDDEN', { path: ['publishOrderUpdate', 'update', 'order'] })).toMatchObject({
      mayHaveHappened: true,
    });
  });

  it('without a code the status says what it is', () => {
    const text = JSON.stringify({ errors: [{ message: 'No.' }] });
    expect(answered({ status: 401, text })).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(answered({ status: 400, text })).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(answered({ status: 200, text })).toMatchObject({ code: 'INTERNAL', mayHaveHappened: true });
  });
});

describe('somebody else’s', () => {
  const html = { contentType: 'text/html', text: '<h1>Sorry</h1>' };
  it.each([
    [500, 'UNAVAILABLE', true, true],
    [502, 'UNAVAILABLE', true, true],
    [503, 'UNAVAILABLE', true, true],
    [504, 'UNAVAILABLE', true, true],
    [408, 'UNAVAILABLE', true, true],
    [429, 'RATE_LIMITED', true, false],
    [401, 'UNAUTHENTICATED', false, false],
    [403, 'FORBIDDEN', false, false],
    [413, 'PAYLOAD_TOO_LARGE', false, false],
    [404, 'UNREACHABLE', false, false],
    [200, 'UNREACHABLE', false, true],
  ])('%i is %s: retryable %s, may have happened %s', (status, code, retryable, mayHaveHappened) => {
    expect(answered({ status, ...html })).toMatchObject({ code, retryable, mayHaveHappened });
  });

  it('a redirect is told, and not followed', () => {
    const told = answered({ status: 301, ...html, location: 'https://www.tidings.example/graphql' });
    expect(told).toMatchObject({ code: 'UNREACHABLE', retryable: false });
    expect(told).toHaveProperty('message', expect.stringContaining('https://www.tidings.example/graphql'));
  });

  it.each(['{"data": {"publishOrd', '', 'null', '[]', '{"errors": "many"}', '{"data": null}'])(
    'JSON that is no response is one that was cut off: %s',
    (text) => {
      expect(answered({ status: 200, text })).toMatchObject({ code: 'UNAVAILABLE', mayHaveHappened: true });
    },
  );
});

describe('no answer', () => {
  const failure = (code: string) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(`it said ${code}`), { code }) });

  it('whoever was not reached has done nothing', () => {
    for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']) {
      expect(classifyRejection(failure(code), url)).toMatchObject({
        retryable: true,
        mayHaveHappened: false,
      });
    }
  });

  it('whoever was reached may have', () => {
    for (const code of ['ECONNRESET', 'UND_ERR_SOCKET', 'EPIPE']) {
      expect(classifyRejection(failure(code), url)).toMatchObject({
        code: 'UNREACHABLE',
        mayHaveHappened: true,
      });
    }
    expect(classifyRejection(new TypeError('Failed to fetch'), url)).toMatchObject({ mayHaveHappened: true });
    expect(classifyRejection('what', url)).toMatchObject({ mayHaveHappened: true });
  });

  it('of several addresses the first says why', () => {
    const cause = Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:1')]), {
      code: 'ECONNREFUSED',
    });
    const failed = classifyRejection(new TypeError('fetch failed', { cause }), url);
    expect(failed).toMatchObject({ mayHaveHappened: false });
    expect(failed.message).toContain('connect ECONNREFUSED ::1:1');
  });
});
