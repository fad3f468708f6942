// What broken, hostile and mistaken clients send over HTTP. Each request gets its code and a sentence that says what to do.
import { request as openRequest } from 'node:http';
import { expect, it } from 'vitest';
import { httpGet } from '../support/http-get.ts';
import { useSturdyServer } from '../support/sturdy-server.ts';

const maxPayloadBytes = 256 * 1_024;
const server = useSturdyServer({ MAX_PAYLOAD_BYTES: `${maxPayloadBytes}` });

const send = async (
  body: string | Buffer<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
  path = '/graphql',
) => {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: response.status, text: await response.text() };
};
const expectError = (
  { status, text }: { status: number; text: string },
  expected: { status: number; code?: string; sentence: RegExp },
) => {
  expect(status).toBe(expected.status);
  expect(JSON.parse(text)).toMatchObject({
    errors: [
      {
        message: expect.stringMatching(expected.sentence),
        extensions: { code: expected.code ?? 'BAD_USER_INPUT' },
      },
    ],
  });
};

it.each([
  ['malformed JSON', '{"query": ', /not JSON/],
  ['nothing', '', /not JSON/],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), /not encoded as UTF-8/],
  ['no object', '"{ viewer { id } }"', /JSON object/],
  ['null', 'null', /JSON object/],
  ['no query', '{}', /send it as `query`/],
  ['a query that is no text', '{"query": {"viewer": true}}', /"query"/],
  ['variables that are no object', '{"query": "{ __typename }", "variables": "id"}', /"variables"/],
  ['an unknown parameter', '{"query": "{ __typename }", "priority": 1}', /"priority"/],
  ['a batch', '[{"query": "{ __typename }"}, {"query": "{ __typename }"}]', /one request for each/],
  ['an empty batch', '[]', /[Bb]atch/],
])('%s is answered with 400', async (_title, body, sentence) => {
  expectError(await send(body), { status: 400, sentence });
});

it.each([
  ['a field that does not exist', '{ vewer { id } }', /"vewer"/],
  ['a syntax error', '{ viewer { id ', /Syntax Error/],
  ['an argument that does not exist', '{ order(id: 1, nope: 2) { id } }', /"nope"/],
  ['a missing argument', '{ order { id } }', /"id"/],
  ['a selection where there is none', '{ viewer { id { id } } }', /"id"/],
  ['selections without end', `{${'a{'.repeat(1_900)}`, /Syntax Error|nested too deeply/],
  ['lists without end', `{order(id:${'['.repeat(3_500)})}`, /Syntax Error|nested too deeply/],
  ['a great many fields', `{${' viewer { id }'.repeat(900)} nope }`, /./],
  ['fragments in a circle', '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }', /"A"/],
  ['two operations and no name', 'query A { __typename } query B { __typename }', /`operationName`/],
])('%s is no valid operation', async (_title, query, sentence) => {
  const { status, text } = await send(JSON.stringify({ query }));
  // The GraphQL over HTTP rules: 200 to whoever accepts `application/json` alone, 400 to others.
  expectError({ status: status === 400 ? 200 : status, text }, { status: 200, sentence });
  const modern = await send(JSON.stringify({ query }), { accept: 'application/graphql-response+json' });
  expectError(modern, { status: 400, sentence });
});

it.each([
  ['a missing one', {}, /"\$id"/],
  ['null where there must be a value', { id: null }, /"\$id"/],
  ['an object for an id', { id: { eq: 1 } }, /"\$id".*ID/],
])('a variable that does not fit, %s, is told by its name', async (_title, variables, sentence) => {
  const query = 'query ($id: ID!) { order(id: $id) { id } }';
  expectError(await send(JSON.stringify({ query, variables })), { status: 200, sentence });
});

it.each([
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/graphql',
])('a body of the type %s is refused: a page of another site could send it', async (type) => {
  const query = 'mutation { markAllNotificationsRead { unreadCount } }';
  expectError(await send(new URLSearchParams({ query }).toString(), { 'content-type': type }), {
    status: 415,
    sentence: /content-type: application\/json/,
  });
});

it.each(['text/html', 'image/png, application/json;q=0', 'application/json;charset=latin1'])(
  'an answer that the header `accept: %s` refuses: nothing is executed',
  async (accept) => {
    const { token } = (await (
      await fetch(`${server.url}/dev/token?user=shop&scope=orders:publish`)
    ).json()) as {
      token: string;
    };
    const authorization = `Bearer ${token}`;
    const mutation =
      'mutation { publishOrderUpdate(input: { orderId: "unread", customerId: "shop", status: PENDING }) { deduplicated } }';
    const refused = await send(JSON.stringify({ query: mutation }), { accept, authorization });
    expectError(refused, { status: 406, sentence: /accept/ });
    const { text } = await send('{"query":"{ order(id: \\"unread\\") { id } }"}', { authorization });
    expect(JSON.parse(text)).toEqual({ data: { order: null } });
  },
);

it('a subscription is answered as a stream of events only', async () => {
  const query = 'subscription { orderUpdated { cursor } }';
  const expected = { status: 406, sentence: /text\/event-stream/ };
  expectError(await send(JSON.stringify({ query }), { accept: 'application/json' }), expected);
  const target = `/graphql?query=${encodeURIComponent(query)}`;
  expectError(await httpGet(server, target, { accept: 'application/graphql-response+json' }), expected);
});

it('a mutation by GET is refused, a query is answered', async () => {
  const mutation = encodeURIComponent('mutation { markAllNotificationsRead { unreadCount } }');
  const refused = await httpGet(server, `/graphql?query=${mutation}`);
  expectError(refused, { status: 405, sentence: /POST/ });
  const answered = await httpGet(server, `/graphql?query=${encodeURIComponent('{ __typename }')}`);
  expect(JSON.parse(answered.text)).toEqual({ data: { __typename: 'Query' } });
});

it.each(['variables', 'extensions'])('%s by GET that are no JSON are refused', async (name) => {
  const target = `/graphql?query=${encodeURIComponent('{ __typename }')}&${name}=%7Bbad`;
  expectError(await httpGet(server, target), { status: 400, sentence: new RegExp(`"${name}" is not JSON`) });
});

it('a body that is compressed is refused', async () => {
  const sentence = /without `content-encoding: gzip`/;
  expectError(await send('x', { 'content-encoding': 'gzip' }), { status: 415, sentence });
});

it('a body that is too large is refused, also one that does not tell its size', async () => {
  const body = JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(maxPayloadBytes) } });
  const expected = { status: 413, code: 'PAYLOAD_TOO_LARGE', sentence: /too large.*MAX_PAYLOAD_BYTES/ };
  expectError(await send(body), expected);
  expectError(await sendInChunks(body), expected);
});

it('a request target that is no address is answered like any other that leads nowhere', async () => {
  for (const target of ['//', '/nowhere', '/graphql/', '/%', '/..//graphql/x'])
    expectError(await httpGet(server, target), { status: 404, code: 'NOT_FOUND', sentence: /\/graphql/ });
});

it('every other method is refused', async () => {
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const response = await fetch(`${server.url}/graphql`, { method });
    expectError(
      { status: response.status, text: await response.text() },
      { status: 405, sentence: /GET and POST/ },
    );
  }
});

const sendInChunks = (body: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const sent = openRequest(`${server.url}/graphql`, { method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.once('error', reject);
    sent.write(body.slice(0, 1_000));
    sent.end(body.slice(1_000));
  });
