import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toFetch } from './authorized-fetch.ts';
import { TokenSource } from './token-source.ts';

let tokens: string[];
let sent: string[];
beforeEach(() => {
  tokens = ['old', 'new'];
  sent = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

const source = () => new TokenSource(() => tokens.shift() ?? 'none');
/** Refuses the old token. */
const server: typeof fetch = async (_input, init) => {
  const authorization = new Headers(init?.headers).get('authorization') ?? 'nobody';
  sent.push(authorization);
  return new Response('{}', { status: authorization === 'Bearer old' ? 401 : 200 });
};

it('what was refused is sent once more with another token', async () => {
  const send = toFetch(server, source());
  expect((await send('http://a/')).status).toBe(200);
  expect((await send('http://a/')).status).toBe(200);
  expect(sent).toEqual(['Bearer old', 'Bearer new', 'Bearer new']);
});

it('where there is no other token the refusal is the answer', async () => {
  expect((await toFetch(server, new TokenSource('old'))('http://a/')).status).toBe(401);
  expect(sent).toEqual(['Bearer old']);
});

it('a visitor has none', async () => {
  await toFetch(server, new TokenSource(null))('http://a/');
  expect(sent).toEqual(['nobody']);
});

/** Says nothing until it is given up. */
const silent: typeof fetch = (_input, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
  });

it('a network that says nothing is given up', async () => {
  const outcome = expect(toFetch(silent, source())('http://a/')).rejects.toThrow(/no answer within 20 s/);
  await vi.advanceTimersByTimeAsync(20_000);
  await outcome;
});

it('whoever asked may give it up before', async () => {
  const controller = new AbortController();
  const outcome = expect(
    toFetch(silent, source())('http://a/', { signal: controller.signal }),
  ).rejects.toThrow('enough');
  await vi.advanceTimersByTimeAsync(0);
  controller.abort(new Error('enough'));
  await outcome;
});
