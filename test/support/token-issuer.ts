// An identity provider: signs tokens with keys of its own and publishes the public ones over HTTP.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

export interface TokenIssuer extends AsyncDisposable {
  readonly jwksUrl: string;
  /** Makes a key and publishes it. */
  addKey(kid: string, algorithm: string): Promise<void>;
  /** Its tokens are signed as before, but nobody learns of it any more. */
  withdrawKey(kid: string): void;
  publicKey(kid: string): CryptoKey;
  sign(kid: string, claims: JWTPayload): Promise<string>;
  /** `away`: requests for the keys are answered with 503. */
  setState(state: 'answering' | 'away'): void;
  /** How often it was asked for the keys so far. */
  asked(): number;
}

interface Key {
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export async function openTokenIssuer(): Promise<TokenIssuer> {
  const keys = new Map<string, Key>();
  const published = new Map<string, JWK>();
  let state: 'answering' | 'away' = 'answering';
  let asked = 0;
  const http = createServer((_request, response) => {
    asked += 1;
    response.writeHead(state === 'away' ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [...published.values()] }));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const requireKey = (kid: string): Key => {
    const key = keys.get(kid);
    if (key === undefined) throw new Error(`The issuer has no key "${kid}".`);
    return key;
  };

  return {
    jwksUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}/jwks.json`,
    async addKey(kid, algorithm) {
      const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
      keys.set(kid, { algorithm, privateKey, publicKey });
      published.set(kid, { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' });
    },
    withdrawKey: (kid) => void published.delete(kid),
    publicKey: (kid) => requireKey(kid).publicKey,
    sign(kid, claims) {
      const { algorithm, privateKey } = requireKey(kid);
      return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid }).sign(privateKey);
    },
    setState: (next) => void (state = next),
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}
