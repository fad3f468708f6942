// Tokens that claim more than they are: confused algorithms and keys, headers that name keys of their own, and floods of them. Each is
// refused, and the issuer is not asked for each.
import { once } from 'node:events';
import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useAttackedServer } from '../support/attacked-server.ts';
import { post } from '../support/client.ts';
import { openSocket } from '../support/raw-socket.ts';
import { openTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';

const secret = 'a secret of the tests, long enough for HS256';
const issuer = 'https://issuer.example';
const audience = 'tidings-tests';
const claimsOf = (user: string, more: JWTPayload = {}): JWTPayload => {
  const now = Math.floor(Date.now() / 1_000);
  return { sub: user, iss: issuer, aud: audience, iat: now, exp: now + 3_600, workspace: 'demo', ...more };
};
const encode = (part: object | string | Buffer): string =>
  Buffer.from(typeof part === 'string' || Buffer.isBuffer(part) ? part : JSON.stringify(part)).toString(
    'base64url',
  );
/** Whatever the header says, signed with HMAC and whatever key. */
function forge(header: object, key: string | Buffer, claims: object = claimsOf('mallory')): string {
  const signed = `${encode({ typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

let provider: TokenIssuer;
/** What somebody hopes that the server would ask. */
const trap = createServer((_request, response) => {
  trapped += 1;
  response.end('{"keys":[]}');
});
let trapped = 0;
const env: Record<string, string> = { JWT_SECRET: secret, JWT_ISSUER: issuer, JWT_AUDIENCE: audience };
beforeAll(async () => {
  provider = await openTokenIssuer();
  await provider.addKey('rs', 'RS256');
  await provider.addKey('es', 'ES256');
  trap.listen(0, '127.0.0.1');
  await once(trap, 'listening');
  env['JWT_JWKS_URL'] = provider.jwksUrl;
});
afterAll(async () => {
  await provider[Symbol.asyncDispose]();
  trap.close();
});
const trapUrl = () => `http://127.0.0.1:${(trap.address() as AddressInfo).port}/jwks.json`;

// Both kinds of keys, of one issuer: whatever can be confused is there.
const server = useAttackedServer({
  command: 'start',
  env,
  signToken: (user, scope) =>
    new SignJWT(claimsOf(user, { scope })).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret)),
});

async function expectRefused(token: string): Promise<void> {
  const { status, body } = await post(
    server.url,
    { query: '{ viewer { id } }' },
    { authorization: `Bearer ${token}` },
  );
  expect(status).toBe(401);
  expect(body.data ?? null).toBeNull();
  expect(body.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  await using socket = await openSocket(server);
  socket.send({ type: 'connection_init', payload: { token } });
  expect((await socket.closed()).code).toBe(4401);
}

describe('an algorithm', () => {
  it.each([
    'none',
    'None',
    'NONE',
    'nOnE',
    'none ',
    '',
    'HS256\0',
    'hs256',
    'HS384',
    'HS512',
    'RSA-OAEP',
    'dir',
    'ES256K',
    'HS1',
  ])('%j is refused, with a signature and without', async (alg) => {
    for (const token of [forge({ alg }, secret), forge({ alg }, '').replace(/[^.]*$/, '')])
      await expectRefused(token);
  });

  it.each([
    ['null', null],
    ['a list', ['HS256']],
    ['an object', { toString: 'HS256' }],
    ['missing', undefined],
  ])('that is %s is refused', async (_title, alg) => expectRefused(forge({ alg }, secret)));
});

describe('a public key as a shared secret', () => {
  const shapes: readonly (readonly [string, (key: CryptoKey) => Promise<string | Buffer>])[] = [
    ['as PEM', exportSPKI],
    ['as PEM without its last line break', async (key) => (await exportSPKI(key)).trim()],
    ['as PEM with carriage returns', async (key) => (await exportSPKI(key)).replaceAll('\n', '\r\n')],
    ['as DER', async (key) => Buffer.from(await crypto.subtle.exportKey('spki', key))],
    ['as JWK', async (key) => JSON.stringify(await exportJWK(key))],
    ['by its modulus', async (key) => (await exportJWK(key)).n ?? (await exportJWK(key)).x ?? ''],
    [
      'by the bytes of its modulus',
      async (key) => Buffer.from((await exportJWK(key)).n ?? (await exportJWK(key)).x ?? '', 'base64url'),
    ],
  ];
  it.each(shapes)('%s is refused', async (_title, shape) => {
    for (const kid of ['rs', 'es']) {
      const key = await shape(provider.publicKey(kid));
      for (const header of [{ alg: 'HS256', kid }, { alg: 'HS256' }]) await expectRefused(forge(header, key));
      await expectRefused(forge({ alg: kid === 'rs' ? 'RS256' : 'ES256', kid }, key));
    }
  });

  it('the shared secret as a private key, an empty one and a guessed one are refused', async () => {
    for (const key of ['', '\0', 'secret', secret.slice(0, -1), encode(secret)]) {
      await expectRefused(forge({ alg: 'HS256' }, key));
    }
    await expectRefused(forge({ alg: 'RS256', kid: 'rs' }, secret));
  });
});

describe('a header that brings a key of its own', () => {
  it('is refused, and nobody is asked', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    for (const more of [
      { jwk },
      { jku: trapUrl() },
      { jku: trapUrl(), kid: 'rs' },
      { x5u: trapUrl(), kid: 'rs' },
      { x5c: ['MIIB'], kid: 'rs' },
      { jwk, jku: provider.jwksUrl, kid: 'rs' },
    ]) {
      const token = await new SignJWT(claimsOf('mallory'))
        .setProtectedHeader({ alg: 'RS256', ...more })
        .sign(privateKey);
      await expectRefused(token);
    }
    expect(trapped).toBe(0);
  });

  it('what must be understood, and is not, is refused though the signature is right', async () => {
    for (const more of [
      { crit: ['exp'], exp: 1 },
      { crit: ['urn:example:unknown'], 'urn:example:unknown': true },
      { crit: [] },
      { crit: 'b64' },
      { b64: false, crit: ['b64'] },
    ]) {
      await expectRefused(forge({ alg: 'HS256', ...more }, secret));
    }
  });
});

describe('a key id', () => {
  const strange = [
    '../../../../dev/null',
    '/dev/null',
    'file:///dev/null',
    "rs' or '1'='1",
    'rs"; drop table stream_heads; --',
    'rs\0',
    'rs\r\nX-Injected: yes',
    'RS',
    ' rs',
    '__proto__',
    'constructor',
    'x'.repeat(4_000),
    '',
  ];
  it.each(strange)('%j finds no key', async (kid) => {
    for (const alg of ['RS256', 'ES256', 'HS256']) await expectRefused(forge({ alg, kid }, ''));
  });

  it('of another type finds no key', async () => {
    for (const kid of [null, 7, true, ['rs'], { rs: 1 }])
      await expectRefused(forge({ alg: 'RS256', kid }, ''));
  });

  it('that nobody knows, hundreds of times at once: the issuer is asked a few times, and whoever is known comes in', async () => {
    const known = await provider.sign('rs', claimsOf('alice'));
    const readViewer = (token: string) =>
      post(server.url, { query: '{ viewer { id } }' }, { authorization: `Bearer ${token}` });
    await readViewer(known);
    const before = provider.asked();
    const started = performance.now();
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => readViewer(forge({ alg: 'RS256', kid: randomUUID() }, ''))),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
      expect((await readViewer(known)).body.data).toEqual({ viewer: { id: 'alice' } });
    }
    // Once in five seconds at most, however long the flood goes on.
    const most = 2 + Math.floor((performance.now() - started) / 5_000);
    expect(provider.asked() - before).toBeLessThanOrEqual(most);
  });
});

describe('a token', () => {
  it.each([
    ['of a mebibyte', () => `${encode({ alg: 'HS256' })}.${'a'.repeat(1_024 * 1_024)}.a`],
    ['of ten thousand parts', () => 'a.'.repeat(5_000)],
    [
      'whose claims are thousands of lists deep',
      () => `${encode({ alg: 'HS256' })}.${encode('['.repeat(6_000))}.a`,
    ],
  ])('%s is refused over a WebSocket, by the time it is too much', async (_title, make) => {
    await using socket = await openSocket(server);
    socket.send({ type: 'connection_init', payload: { token: make() } });
    expect([4400, 4401]).toContain((await socket.closed()).code);
  });

  it.each([
    ['another alphabet', (token: string) => token.replaceAll('-', '+').replaceAll('_', '/')],
    ['a line break', (token: string) => `${token}%0a`],
    ['a fourth part', (token: string) => `${token}.`],
    ['its header twice', (token: string) => `${token.split('.')[0]}.${token}`],
    [
      'claims of its own before those that were signed',
      (token: string) => `${encode({ alg: 'HS256' })}.${encode(claimsOf('mallory'))}.${token.split('.')[2]}`,
    ],
    ['claims that are no object', () => forge({ alg: 'HS256' }, secret, [claimsOf('mallory')])],
  ])('with %s is refused', async (_title, change) => {
    let token = '';
    // With letters in it that the two alphabets write differently.
    for (let jti = 0; !/[-_]/.test(token); jti += 1)
      token = forge({ alg: 'HS256' }, secret, { ...claimsOf('alice'), jti: `${jti}` });
    const query = '{ viewer { id } }';
    const { body } = await post(server.url, { query }, { authorization: `Bearer ${token}` });
    expect(body.data).toEqual({ viewer: { id: 'alice' } });
    await expectRefused(change(token));
  });

  it('that is encoded otherwise at its end is the same to everybody, or refused', async () => {
    const token = forge({ alg: 'HS256' }, secret, claimsOf('alice'));
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=';
    for (const other of [`${token}=`, ...alphabet.split('').map((last) => token.slice(0, -1) + last)]) {
      const { status, body } = await post(
        server.url,
        { query: '{ viewer { id } }' },
        { authorization: `Bearer ${other}` },
      );
      if (status === 200) expect(body.data).toEqual({ viewer: { id: 'alice' } });
      else expect(status).toBe(401);
    }
  });

  it('that says `__proto__` is nobody’s but its own user’s', async () => {
    const claims = JSON.stringify(claimsOf('mallory')).replace(
      '{',
      '{"__proto__":{"roles":["staff","operator"],"scope":"users:erase"},',
    );
    const signed = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
    const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    const { body } = await post(
      server.url,
      { query: 'mutation { eraseUser(userId: "alice") { __typename } }' },
      { authorization: `Bearer ${token}` },
    );
    expect(body.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
  });
});

it('two thousand guesses leave nothing behind', async () => {
  const { heldBytes } = await server.memory();
  for (let round = 0; round < 50; round += 1) {
    await Promise.all(
      Array.from({ length: 40 }, () =>
        post(
          server.url,
          { query: '{ __typename }' },
          { authorization: `Bearer ${forge({ alg: 'HS256' }, randomUUID())}` },
        ),
      ),
    );
  }
  expect((await server.memory()).heldBytes).toBeLessThan(heldBytes + 64 * 1_024 * 1_024);
});
