// Every field of the schema asks who is there: without a token none answers, and none breaks.
import { readFileSync } from 'node:fs';
import type { FormattedExecutionResult } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, post } from '../support/client.ts';
import { everyRootField } from '../support/every-field.ts';
import { startServer, type TestServer } from '../support/server.ts';

const fields = everyRootField(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
});

const codesOf = ({ errors }: FormattedExecutionResult) =>
  errors?.map(({ extensions }) => (extensions as { code?: string } | undefined)?.code);

describe('over HTTP', () => {
  it.each(fields.filter(({ kind }) => kind !== 'subscription'))('$kind $name', async ({ operation }) => {
    const { body } = await post(server.url, { query: operation });
    expect(codesOf(body)).toEqual(['UNAUTHENTICATED']);
    expect(body.errors?.[0]?.message).toContain('token');
  });

  it.each(fields.filter(({ kind }) => kind === 'subscription'))(
    '$kind $name, as a stream',
    async ({ operation }) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: operation }),
      });
      expect(await response.text()).toContain('"code":"UNAUTHENTICATED"');
    },
  );
});

it('and with one, no field answers ids that nobody has with an error of the server', async () => {
  const scope = [
    'orders:publish',
    'bookings:publish',
    'inventory:publish',
    'announcements:publish',
    'notifications:send',
    'chat:write',
    'users:write',
  ].join(' ');
  await using nobody = await connect(server, 'nobody', { workspace: 'empty', scope });
  for (const { name, operation } of fields.filter(({ kind }) => kind !== 'subscription')) {
    const { body } = await post(
      server.url,
      { query: operation },
      { authorization: `Bearer ${nobody.token}` },
    );
    expect(codesOf(body) ?? [], name).not.toContain('INTERNAL');
  }
  expect(server.output()).not.toContain('an unexpected error');
});
