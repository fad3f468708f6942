// HTTP as nobody should speak it: smuggled requests, paths out of the folder, headers without measure, and pages of other sites.
import { describe, expect, it } from 'vitest';
import { signDevelopmentToken } from '../../src/auth/development.ts';
import { useAttackedServer } from '../support/attacked-server.ts';
import { connect, post } from '../support/client.ts';
import { httpGet } from '../support/http-get.ts';
import { upgradeStatus } from '../support/raw-socket.ts';
import { openWire } from '../support/wire.ts';

const allowed = 'https://app.example';
const server = useAttackedServer({ env: { ALLOWED_ORIGINS: allowed } });

describe('an address that is none', () => {
  const body = '{"query":"{ __typename }"}';
  const rest = `Content-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const ask = async (begin: string): Promise<string> => {
    await using wire = await openWire(server);
    await wire.write(`${begin}\r\n${rest}`);
    return await wire.ended();
  };

  it.each([
    'x:99999',
    'x:-1',
    'a:b:c',
    'a_b:c',
    'a b',
    '[',
    '[::1',
    '%%%',
    '<>',
    '://',
    '1.2.3.4.5.6.7',
    'user@x',
    'x/graphql',
    'x?y',
    'x#y',
    'x\\y',
  ])('in Host: %s is refused with a sentence', async (host) => {
    for (const target of ['/graphql', '/x/../graphql', 'http://x/graphql']) {
      const answer = await ask(`POST ${target} HTTP/1.1\r\nHost: ${host}`);
      expect(answer, target).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer, target).toContain('"code":"BAD_USER_INPUT"');
      expect(answer, target).toContain('`Host`');
      expect(answer, target).not.toMatch(/\.js|Error:/);
    }
    const asked = await ask(`GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: ${host}`);
    expect(asked).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each([
    ['an empty host', 'POST /graphql HTTP/1.1\r\nHost:'],
    ['no host where there need be none', 'POST /graphql HTTP/1.0'],
    ['a name with a dot behind it', 'POST /graphql HTTP/1.1\r\nHost: x.'],
    ['an IPv6 address', 'POST /graphql HTTP/1.1\r\nHost: [::1]:80'],
    [
      'a whole address in the first line',
      'POST http://elsewhere/graphql?x=y HTTP/1.1\r\nHost: 127.0.0.1:4000',
    ],
  ])('is not %s', async (_title, begin) => {
    const answer = await ask(begin);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"__typename":"Query"');
  });

  it('in the first line finds nothing', async () => {
    for (const target of ['*', '/*', '//', '/%', '/graphql%', 'http://', 'http://%%%/graphql', 'graphql:1']) {
      expect(await ask(`OPTIONS ${target} HTTP/1.1\r\nHost: x:1`), target).toMatch(/^HTTP\/1\.1 40[04] /);
    }
  });
});

describe('an upgrade to what is no WebSocket', () => {
  const body = '{"query":"{ __typename }"}';

  it.each(['h2c', 'TLS/1.2', 'h2c, TLS/1.2', 'websocke', 'foo/websocket'])(
    '%s is left out of account: the request is answered as it is',
    async (upgrade) => {
      const headers = `Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AAMAAABk\r\n`;
      await using wire = await openWire(server);
      await wire.write(
        `POST /graphql HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      await expect.poll(wire.heard).toMatch(/^HTTP\/1\.1 200 [^]*"__typename":"Query"/);
      // The connection goes on.
      await wire.write(`GET /healthz HTTP/1.1\r\n${headers}\r\n`);
      await expect.poll(wire.heard).toMatch(/\}HTTP\/1\.1 200 [^]*"alive"/);
    },
  );
});

describe('a request that two servers could read in two ways', () => {
  const query = '{"query":"{ __typename }"}';
  const begin = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const smuggled = 'GET /dev/token?user=smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';

  it.each([
    [
      'a length, and chunks',
      `${begin}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'two lengths',
      `${begin}Content-Length: 5\r\nContent-Length: ${query.length}\r\n\r\n${query}${smuggled}`,
    ],
    ['two lengths in one header', `${begin}Content-Length: 5, ${query.length}\r\n\r\n${query}${smuggled}`],
    ['a length with a sign', `${begin}Content-Length: +${query.length}\r\n\r\n${query}${smuggled}`],
    ['a negative length', `${begin}Content-Length: -1\r\n\r\n${query}${smuggled}`],
    ['a length in hexadecimal', `${begin}Content-Length: 0x1a\r\n\r\n${query}${smuggled}`],
    ['an encoding that is hidden', `${begin}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    [
      'an encoding twice',
      `${begin}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'a header that goes on in the next line',
      `${begin}X-A: b\r\n\tTransfer-Encoding: chunked\r\n c\r\nContent-Length: abc\r\n\r\n${smuggled}`,
    ],
    ['a space before the colon', `${begin}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    [
      'lines without a carriage return',
      `${begin.replaceAll('\r', '')}Transfer-Encoding: chunked\n\n0\n\n${smuggled}`,
    ],
    ['a chunk whose length is none', `${begin}Transfer-Encoding: chunked\r\n\r\nxyz\r\n${smuggled}`],
    [
      'a chunk whose length is too large',
      `${begin}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n${smuggled}`,
    ],
    ['a null byte in a header', `${begin}X-A: \0\r\nContent-Length: 0\r\n\r\n${smuggled}`],
    ['another version', `${begin.replace('1.1', '9.9')}\r\n${smuggled}`],
    ['no host', `GET /healthz HTTP/1.1\r\n\r\n${smuggled}`],
  ])('%s: it is refused, and nothing behind it is carried out', async (_title, bytes) => {
    await using wire = await openWire(server);
    await wire.write(bytes);
    const answer = await wire.ended();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(answer).not.toContain('"token"');
  });
});

describe('paths', () => {
  it.each([
    '/assets/../package.json',
    '/assets/..%2f..%2f..%2fpackage.json',
    '/assets/..%2f..%2fcli%2fmain.js',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/....//package.json',
    '/assets/..\\..\\package.json',
    '/assets//etc/passwd',
    '/assets/%00.js',
    '/assets/index.html',
    '/assets/.js',
    '/assets/__proto__.js',
    '/graphiql/../../package.json',
    '/graphiql/assets/..%2f..%2f..%2fpackage.json',
    '//etc/passwd',
    '/etc/passwd',
    '/.env',
    '/%c0%ae%c0%ae/package.json',
    'http://evil.example/package.json',
  ])('%s leads nowhere', async (path) => {
    const { status, text } = await httpGet(server, path);
    expect(status).toBe(404);
    expect(text).not.toMatch(/"name": "tidings"|process.argv|root:/);
  });
});

describe('headers', () => {
  it.each([
    ['one that is too large', `X-Large: ${'x'.repeat(20_000)}\r\n`],
    ['too many', Array.from({ length: 3_000 }, (_, index) => `X-${index}: y\r\n`).join('')],
    ['a token that is too large', `Authorization: Bearer ${'x'.repeat(20_000)}\r\n`],
    ['a cookie that is too large', `Cookie: ${'a=b; '.repeat(5_000)}\r\n`],
  ])('%s: 431', async (_title, header) => {
    await using wire = await openWire(server);
    await wire.write(`GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: x\r\n${header}\r\n`);
    expect(await wire.ended()).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('a request line without an end: 431', async () => {
    await using wire = await openWire(server);
    await wire.write(`GET /graphql?query=${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`);
    expect(await wire.ended()).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('what a client says of where it comes from counts for nothing, but from proxies that are trusted', async () => {
    const spoofed = {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-real-ip': '127.0.0.1',
      forwarded: 'for=127.0.0.1;host=evil.example',
      origin: 'https://evil.example',
    };
    expect(await upgradeStatus(server, { headers: spoofed })).toBe(403);
    const answer = await httpGet(server, '/graphql?query=%7B__typename%7D', spoofed);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a page of another site', () => {
  const mutation = 'mutation { setPresence(input: { status: BUSY }) { status } }';
  const publish = (orderId: string) =>
    `mutation { publishOrderUpdate(input: { orderId: "${orderId}", customerId: "victim", status: PENDING }) { deduplicated } }`;

  it.each([
    [
      'a form',
      'application/x-www-form-urlencoded',
      (query: string) => new URLSearchParams({ query }).toString(),
    ],
    ['a form of plain text', 'text/plain', (query: string) => JSON.stringify({ query })],
    [
      'a form with files',
      'multipart/form-data; boundary=b',
      (query: string) =>
        `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query })}\r\n--b\r\nContent-Disposition: form-data; name="map"\r\n\r\n{}\r\n--b--\r\n`,
    ],
    ['no type', '', (query: string) => JSON.stringify({ query })],
    [
      'a type that only looks right',
      'text/plain; application/json',
      (query: string) => JSON.stringify({ query }),
    ],
    [
      'the type as a parameter',
      'text/plain;charset=application/json',
      (query: string) => JSON.stringify({ query }),
    ],
    ['several types', 'text/plain, application/json', (query: string) => JSON.stringify({ query })],
  ])('%s carries out nothing, whoever the browser is', async (title, type, body) => {
    const token = await signDevelopmentToken({ user: 'victim', scope: 'orders:publish' });
    const orderId = `csrf-${title}`;
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        ...(type === '' ? {} : { 'content-type': type }),
        origin: 'https://evil.example',
        authorization: `Bearer ${token}`,
      },
      body: new TextEncoder().encode(body(publish(orderId))),
    });
    expect(response.status).toBe(415);
    await using victim = await connect(server, 'victim');
    expect(await victim.request('query ($id: ID!) { order(id: $id) { id } }', { id: orderId })).toEqual({
      order: null,
    });
  });

  it('no mutation by GET, by an image or a link, nor by another method', async () => {
    const token = await signDevelopmentToken({ user: 'victim', scope: 'orders:publish' });
    const authorization = `Bearer ${token}`;
    const target = `/graphql?query=${encodeURIComponent(publish('csrf-get'))}`;
    for (const accept of ['image/*', '*/*', 'text/html', 'application/json', 'text/event-stream']) {
      const { status, text } = await httpGet(server, target, { authorization, accept });
      expect(text).not.toContain('"deduplicated"');
      // As a stream of events, the refusal is an event; as a page, GraphiQL, which asks nothing by itself.
      if (accept === '*/*' || accept === 'application/json') expect(status).toBe(405);
    }
    for (const method of ['HEAD', 'OPTIONS', 'PUT'])
      await fetch(server.url + target, { method, headers: { authorization } });
    await using victim = await connect(server, 'victim');
    expect(await victim.request('{ order(id: "csrf-get") { id } }')).toEqual({ order: null });
  });

  it('cookies count for nothing', async () => {
    const token = await signDevelopmentToken({ user: 'victim' });
    const { body } = await post(
      server.url,
      { query: mutation },
      { cookie: `token=${token}; authorization=${token}` },
    );
    expect(body.errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  });

  it.each([
    ['another', 'https://evil.example'],
    ['null', 'null'],
    ['none to speak of', ''],
    ['the host of the server with a dot behind it', () => `http://${new URL(server.url).hostname}.`],
    ['another port', () => `http://${new URL(server.url).hostname}:1`],
    ['the allowed one with a port', 'https://app.example:8443'],
    ['the allowed one with a dot behind it', 'https://app.example.'],
    ['the allowed one in capitals', 'HTTPS://APP.EXAMPLE'],
    ['the allowed one unencrypted', 'http://app.example'],
    ['one that begins like it', 'https://app.example.evil.example'],
    ['one that ends like it', 'https://evil-app.example'],
    ['below it', 'https://sub.app.example'],
    ['two of them', 'https://app.example https://evil.example'],
    ['a list of them', 'https://app.example, https://evil.example'],
    ['one that hides it behind a #', 'https://evil.example#https://app.example'],
    ['one that has it as a user', 'https://app.example@evil.example'],
    ['a file', 'file://'],
    ['an extension', 'chrome-extension://abcdefgh'],
  ] as const)('of the origin that is %s gets no WebSocket and no CORS headers', async (_title, origin) => {
    const named = typeof origin === 'string' ? origin : origin();
    expect(await upgradeStatus(server, { headers: { origin: named } })).toBe(403);
    for (const method of ['OPTIONS', 'POST']) {
      const response = await fetch(`${server.url}/graphql`, {
        method,
        headers: {
          origin: named,
          'content-type': 'application/json',
          'access-control-request-method': 'POST',
        },
        ...(method === 'POST' ? { body: '{"query":"{ __typename }"}' } : {}),
      });
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  it('that is allowed, and the server’s own, get one', async () => {
    for (const origin of [allowed, server.url]) {
      expect(await upgradeStatus(server, { headers: { origin } })).toBe(101);
    }
  });

  it('that was pointed at this machine by its DNS gets no token', async () => {
    const { port } = new URL(server.url);
    for (const host of [
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `localhost.:${port}`,
      `[::ffff:8.8.8.8]:${port}`,
      'localhost:80@evil.example',
      'evil.example#localhost',
    ]) {
      for (const [path, accept] of [
        ['/dev/token?user=victim', '*/*'],
        ['/graphql', 'text/html'],
      ] as const) {
        const { status, text } = await httpGet(server, path, { host, accept });
        expect([400, 403], host).toContain(status);
        expect(text).not.toMatch(/eyJ/);
      }
    }
  });
});
