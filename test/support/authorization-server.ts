// An authorization server of OAuth 2.0: oidc-provider, with opaque tokens, introspection (RFC 7662) and revocation (RFC 7009).
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export interface AuthorizationServer extends AsyncDisposable {
  readonly introspectionUrl: string;
  /** What a resource server needs to introspect, in the environment of a Tidings server. */
  readonly env: Readonly<Record<string, string>>;
  /** An opaque token of the user. */
  issue(
    user: string,
    options?: { readonly scope?: string; readonly expiresInSeconds?: number },
  ): Promise<string>;
  /** An opaque token of a backend service, by the client credentials grant, over HTTP. */
  issueToService(scope: string): Promise<string>;
  /** What introspection says beside the standard members of every active token of this subject, from now on. */
  describe(subject: string, members: Readonly<Record<string, unknown>>): void;
  /** Over HTTP, as a client that signs out. */
  revoke(token: string): Promise<void>;
  /** Introspections so far. */
  readonly introspections: number;
  /** `away`: every request is answered with 503. `confused`: with 400 and `invalid_request`. */
  setState(state: 'answering' | 'away' | 'confused'): void;
  /** Requests answered in confusion so far. */
  readonly confusions: number;
}

const resourceServer = { id: 'tidings tests', secret: 'a secret: of the tests/100%' };
const service = { id: 'backend', secret: 'the secret of a backend of the tests' };
const scopes = ['orders:publish', 'announcements:publish'];

export async function openAuthorizationServer(): Promise<AuthorizationServer> {
  let handle: RequestListener = (_request, response) => response.writeHead(503).end();
  let state: 'answering' | 'away' | 'confused' = 'answering';
  let confusions = 0;
  let introspections = 0;
  const described = new Map<string, Readonly<Record<string, unknown>>>();
  const http = createServer((request, response) => {
    if (state === 'away') return response.writeHead(503).end();
    if (state === 'confused') {
      confusions += 1;
      return response
        .writeHead(400, { 'content-type': 'application/json' })
        .end('{"error":"invalid_request"}');
    }
    return handle(request, response);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;

  const provider = new Provider(url, {
    clients: [resourceServer, service].map(({ id, secret }) => ({
      client_id: id,
      client_secret: secret,
      grant_types: id === service.id ? ['client_credentials'] : [],
      response_types: [],
      redirect_uris: [],
    })),
    scopes,
    ttl: { AccessToken: () => 3_600, ClientCredentials: 600, Grant: () => 3_600 },
    features: {
      introspection: { enabled: true, allowedPolicy: async () => true },
      revocation: { enabled: true, allowedPolicy: async () => true },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
    },
    // This one leaves `sub` out for services.
    extraTokenClaims: async (_context, token) =>
      token.kind === 'ClientCredentials' ? { sub: service.id } : undefined,
    findAccount: async (_context, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  });
  provider.use(async (context, next) => {
    await next();
    if (context.path !== '/token/introspection') return;
    introspections += 1;
    const said = context.body as { active?: boolean; sub?: string };
    if (said.active === true) context.body = { ...said, ...described.get(said.sub ?? '') };
  });
  const answer = provider.callback();
  handle = (request, response) => void answer(request, response);

  const send = async (path: string, client: typeof service, body: Record<string, string>) => {
    const credentials = `${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`;
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
      body: new URLSearchParams(body),
    });
    if (!response.ok) throw new Error(`The authorization server answers ${response.status}.`);
    return response;
  };

  return {
    introspectionUrl: `${url}/token/introspection`,
    env: {
      TOKEN_INTROSPECTION_URL: `${url}/token/introspection`,
      TOKEN_INTROSPECTION_CLIENT_ID: resourceServer.id,
      TOKEN_INTROSPECTION_CLIENT_SECRET: resourceServer.secret,
    },
    async issue(user, { scope = '', expiresInSeconds } = {}) {
      const client = await provider.Client.find(service.id);
      if (client === undefined) throw new Error('The authorization server does not know its client.');
      const grant = new provider.Grant({ accountId: user, clientId: service.id });
      const token = new provider.AccessToken({
        accountId: user,
        client,
        grantId: await grant.save(),
        scope,
        gty: 'tests',
        ...(expiresInSeconds === undefined ? {} : { expiresIn: expiresInSeconds }),
      });
      return token.save();
    },
    async issueToService(scope) {
      const response = await send('/token', service, { grant_type: 'client_credentials', scope });
      return ((await response.json()) as { access_token: string }).access_token;
    },
    describe: (subject, members) => void described.set(subject, members),
    revoke: async (token) => void (await send('/token/revocation', service, { token })),
    get introspections() {
      return introspections;
    },
    get confusions() {
      return confusions;
    },
    setState: (next) => void (state = next),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}
