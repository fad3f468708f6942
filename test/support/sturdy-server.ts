// A development server that a file of tests shares, for tests of what it must survive.
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { post } from './client.ts';
import { startServer, type TestServer } from './server.ts';

/** Lines of the log at the levels error and fatal. */
const failures = /"level":[56]0/;

/**
 * Started before the first test of the file. After each one it must still answer, and nothing that a client did may have
 * been an error of the server's own: those it logs, and each fails the test that caused it.
 */
export function useSturdyServer(env: Readonly<Record<string, string>> = {}): { readonly url: string } {
  let server: TestServer | undefined;
  const requireServer = (): TestServer => {
    if (server === undefined) throw new Error('The server is not started yet.');
    return server;
  };
  beforeAll(async () => {
    server = await startServer({ env: { LOG_LEVEL: 'error', ...env } });
  }, 120_000);
  afterAll(async () => void (await server?.stop()));
  afterEach(async () => {
    expect((await post(requireServer().url, { query: '{ __typename }' })).status).toBe(200);
    expect(requireServer().output()).not.toMatch(failures);
  });
  return {
    get url() {
      return requireServer().url;
    },
  };
}
