// Made-up operations, messages and frames, a few thousand of them. The same number every time, and others every time: a failure prints
// its seed, and `npm run fuzz -- --seed` plays it again, for as long as you like.
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { measureMemory, startProbedServer } from '../support/memory.ts';
import type { TestServer } from '../support/server.ts';
import { createFuzzer, fuzzEnvironment, type Fuzzer } from './play.ts';

let server: TestServer;
let fuzzer: Fuzzer;
let heldBytes: number;
beforeAll(async () => {
  server = await startProbedServer({ env: fuzzEnvironment });
  fuzzer = await createFuzzer(server);
  ({ heldBytes } = await measureMemory(server));
}, 120_000);
afterAll(async () => {
  // Whatever was played, the memory comes back.
  const expectMemoryBack = async () =>
    expect((await measureMemory(server)).heldBytes).toBeLessThan(heldBytes + 96 * 1_024 * 1_024);
  try {
    await vi.waitFor(expectMemoryBack, { timeout: 60_000, interval: 1_000 });
  } finally {
    await server.stop();
  }
}, 120_000);

const seed = randomInt(2 ** 31);
const timeout = 300_000;

it('whatever a field is given is answered, with an error of the table or without', { timeout }, async () => {
  await fuzzer.playOperations({ seed, runs: 250 });
  // It came as far as the services, and was understood.
  for (const code of ['ok', 'BAD_USER_INPUT', 'NOT_FOUND'])
    expect(fuzzer.answers.get(code), code).toBeGreaterThan(20);
});

it('whatever is said over a WebSocket is answered as the protocol answers', { timeout }, async () => {
  const answered = () => [...fuzzer.answers.values()].reduce((sum, count) => sum + count, 0);
  const before = answered();
  await fuzzer.playConversations({ seed, runs: 250 });
  // It came to something.
  expect(answered() - before).toBeGreaterThan(20);
});

it('whatever frames come are closed with a code, and nothing breaks', { timeout }, async () => {
  await fuzzer.playFrames({ seed, runs: 250 });
  const { onEveryObject } = await measureMemory(server);
  expect(onEveryObject).toEqual([]);
});
