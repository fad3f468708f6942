// Finds the token of a request or of a connection_init and makes a session of it.
import type { IncomingHttpHeaders } from 'node:http';
import type { Revocations } from '../auth/revocations.ts';
import { Session } from '../auth/session.ts';
import { revokedSessions, TokenError } from '../auth/token-error.ts';
import type { TokenVerifier } from '../auth/tokens.ts';
import type { Viewer } from '../auth/viewer.ts';

export interface Authenticator {
  /** A session without a viewer where there is no token; it is a visitor's where the server allows them. Throws TokenError, or what the verifier throws. */
  fromRequest(headers: IncomingHttpHeaders): Promise<Session>;
  /** Throws TokenError where there is no token and the server allows no visitors. `headers` are those of the upgrade request. */
  fromConnectionInit(
    payload: Readonly<Record<string, unknown>> | undefined,
    headers: IncomingHttpHeaders,
  ): Promise<Session>;
}

export interface AuthenticatorOptions {
  readonly verifier: TokenVerifier;
  /** Whose public parts are shown without a token; null: nothing is. */
  readonly visitorWorkspace: string | null;
  /** Whose tokens are refused although they are valid. */
  readonly revocations: Pick<Revocations, 'confirm' | 'isRevoked'>;
  /** Called for each viewer before its session is used. */
  onAuthenticated(viewer: Viewer): Promise<void>;
}

const bearerPattern = /^Bearer +([^\s]+) *$/i;

export function createAuthenticator({
  verifier,
  visitorWorkspace,
  revocations,
  onAuthenticated,
}: AuthenticatorOptions): Authenticator {
  /** The session's own too: who comes back with a new token has been authenticated again. */
  const telling: TokenVerifier = {
    async verify(token, workspace, use) {
      const viewer = await verifier.verify(token, workspace, use);
      await revocations.confirm();
      if (revocations.isRevoked(viewer)) throw revokedSessions();
      await onAuthenticated(viewer);
      return viewer;
    },
  };
  const authenticate = async (token: string, workspace: string | null, transport: Session['transport']) =>
    open(transport, await telling.verify(token, workspace, transport === 'http' ? 'often' : 'once'), token);
  const open = (transport: Session['transport'], viewer: Viewer | null = null, token: string | null = null) =>
    new Session({ transport, viewer, token, visitorWorkspace, verifier: telling });

  return {
    async fromRequest(headers) {
      const { authorization } = headers;
      if (authorization === undefined) return open('http');
      return authenticate(requireBearer(authorization), workspaceOf(headers), 'http');
    },
    async fromConnectionInit(payload, headers) {
      const token = payload?.['token'];
      // Header names are written in either case by the clients that exist.
      const authorization = payload?.['authorization'] ?? payload?.['Authorization'];
      if (typeof token === 'string' && token !== '')
        return authenticate(token, workspaceOf(headers), 'websocket');
      if (typeof authorization === 'string') {
        return authenticate(requireBearer(authorization), workspaceOf(headers), 'websocket');
      }
      if (visitorWorkspace !== null) return open('websocket');
      throw new TokenError('connection_init needs a token: { "token": "…" }');
    },
  };
}

/**
 * What the header tidings-workspace names; '' where it is malformed. A header holds ASCII: anything else is percent-encoded,
 * and so is a comma, which joins the values of a header that was sent twice.
 */
function workspaceOf(headers: IncomingHttpHeaders): string | null {
  const value = headers['tidings-workspace'];
  if (typeof value !== 'string') return null;
  if (!/^[\x20-\x2b\x2d-\x7e]*$/.test(value)) return '';
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}

function requireBearer(authorization: string): string {
  const token = bearerPattern.exec(authorization)?.[1];
  if (token === undefined) throw new TokenError('The authorization must have the form `Bearer <token>`.');
  return token;
}
