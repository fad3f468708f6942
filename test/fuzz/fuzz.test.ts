// Made-up operations, messages and frames, a few thousand of them. The same number every time, and others every time: a failure prints
// its seed, and `npm run fuzz -- --seed` plays it again, for as long as you like.
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { measureMemory, startProbedServer } from '../support/memory.ts';
import type { TestServer } from '../support/server.ts';
import { createFuzzer, fuzzEnvironment, type Fuzzer } from './play.ts';

let server: TestServer;
let fuzzer: Fuzzer;
beforeAll(async () => {
  server = await startProbedServer({ env: fuzzEnvironment });
  fuzzer = await createFuzzer(server);
}, 120_000);
afterAll(() => server.stop());

const seed = randomInt(2 ** 31);
const timeout = 300_000;

it('whatever a field is given is answered, with an error of the table or without', { timeout }, async () => {
  await fuzzer.playOperations({ seed, runs: 250 });
  // It came as far as the services, and was understood.
  for (const code of ['ok', 'BAD_USER_INPUT', 'NOT_FOUND'])
    expect(fuzzer.answers.get(code), code).toBeGreaterThan(20);
});

it('whatever is said over a WebSocket is answered as the protocol answers', { timeout }, async () => {
  await fuzzer.playConversations({ seed, runs: 250 });
});

it('whatever frames come are closed with a code, and nothing breaks', { timeout }, async () => {
  await fuzzer.playFrames({ seed, runs: 250 });
  const { onEveryObject } = await measureMemory(server);
  expect(onEveryObject).toEqual([]);
});
