// Opaque tokens: whoever issued them is asked (OAuth 2.0 Token Introspection, RFC 7662), with oauth4webapi.
import {
  allowInsecureRequests,
  customFetch,
  introspectionRequest,
  processIntrospectionResponse,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
  type ClientAuth,
  type IntrospectionResponse,
} from 'oauth4webapi';
import type { Logger } from 'pino';
import type { TokenIntrospection } from '../config.ts';
import { TidingsError } from '../errors.ts';
import { Turns } from '../streams/shared-work.ts';
import { parseClaims, type Claims } from './claims.ts';
import { expiredToken, TokenError } from './token-error.ts';

export interface Introspection {
  /**
   * `previous` is what was said of the token before, where that is known. Rejects with TokenError where it is not active
   * or not for this server, and with UNAVAILABLE where the endpoint does not say.
   */
  verify(token: string, previous: Claims | null): Promise<Claims>;
}

export interface IntrospectionOptions {
  readonly settings: TokenIntrospection;
  readonly logger: Logger;
}

/** The endpoint has so long to answer. */
const answerMs = 5_000;
/** Asked for at a time. */
const maxUnderWay = 32;
/** Those who come while so many wait are told to come again. */
const maxWaiting = 2_000;
/** An answer is a few claims. */
const maxAnswerBytes = 64 * 1_024;
/** While it fails, each kind of failure is logged once in so long. */
const logEveryMs = 10_000;

/** RFC 6750's form of a bearer token. */
const opaqueToken = /^[\w.~+/-]+=*$/;
/** Longer ones would not fit into a header. */
const maxTokenLength = 8_192;
/** What authorization servers call the tokens that may be sent as `Bearer`, in `token_type`, `token_use` and `typ`. */
const bearerKinds: readonly unknown[] = ['bearer', 'access_token', 'access', 'at+jwt', 'jwt'];

export function createIntrospection({ settings, logger }: IntrospectionOptions): Introspection {
  const { url, clientId, clientSecret, audience } = settings;
  const server = { issuer: new URL(url).origin, introspection_endpoint: url };
  const client = { client_id: clientId };
  const authentication = basic(clientId, clientSecret);
  const turns = new Turns(maxUnderWay);
  let waiting = 0;
  const quietUntil = new Map<string, number>();

  const ask = async (token: string): Promise<IntrospectionResponse> => {
    const response = await introspectionRequest(server, client, authentication, token, {
      additionalParameters: { token_type_hint: 'access_token' },
      // http:// is for endpoints within one's own network, as it is for JWT_JWKS_URL; deprecated only to be noticed.
      // oxlint-disable-next-line typescript/no-deprecated
      [allowInsecureRequests]: true,
      signal: AbortSignal.timeout(answerMs),
      [customFetch]: fetchBounded,
    });
    return processIntrospectionResponse(server, client, response);
  };

  const log = (level: 'warn' | 'error', details: object, sentence: string) => {
    if (performance.now() < (quietUntil.get(sentence) ?? 0)) return;
    quietUntil.set(sentence, performance.now() + logEveryMs);
    logger[level](details, sentence);
  };

  /** Of what was answered only the status and the code are logged: other servers' words may hold anything. */
  const toFailure = (error: unknown, previous: Claims | null): TidingsError => {
    if (error instanceof ResponseBodyError && ofTheToken.includes(error.error)) {
      const details = { status: error.status, error: error.error };
      log('warn', details, 'the introspection endpoint does not accept a question about a token');
      // Some say so of tokens that can't be theirs, instead of `active: false`. One that they knew is theirs.
      if (previous !== null) return unavailable(error);
      return new TokenError('The token is not one that its issuer can tell about.', { cause: error });
    }
    if (error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError) {
      const sentence =
        'the introspection endpoint refuses this server: check TOKEN_INTROSPECTION_CLIENT_ID and TOKEN_INTROSPECTION_CLIENT_SECRET';
      log('error', { status: error.status }, sentence);
    } else {
      const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      log('warn', { said }, 'the introspection endpoint does not say whether a token is active');
    }
    return unavailable(error);
  };

  return {
    async verify(token, previous) {
      if (token.length > maxTokenLength || !opaqueToken.test(token))
        throw new TokenError('The token does not have the form of a token.');
      if (waiting >= maxWaiting) throw unavailable();
      waiting += 1;
      try {
        const cameAt = performance.now();
        const answer = await turns.take(() => {
          // Behind questions that were not answered: this one would not be either.
          if (performance.now() - cameAt > answerMs / 2) throw unavailable();
          return ask(token);
        });
        return toClaims(answer, { audience, previous });
      } catch (error) {
        throw error instanceof TidingsError ? error : toFailure(error, previous);
      } finally {
        waiting -= 1;
      }
    },
  };
}

interface Expected {
  readonly audience: string | null;
  readonly previous: Claims | null;
}

function toClaims(answer: IntrospectionResponse, { audience, previous }: Expected): Claims {
  if (!answer.active) {
    // The endpoint does not say why; a client whose token has expired may come back with a fresh one.
    if (previous !== null && previous.exp.getTime() <= Date.now()) throw expiredToken();
    throw new TokenError('The token is not active: it has expired or was revoked. Get a new one.');
  }
  const kinds = [answer.token_type, answer['token_use'], answer['typ']];
  const isBearer = kinds.every(
    (kind) => kind == null || (typeof kind === 'string' && bearerKinds.includes(kind.toLowerCase())),
  );
  // Whoever has stolen a token that is bound to a key could use it here: nothing proves that they have the key.
  if (!isBearer || answer.cnf != null)
    throw new TokenError('The token is not one that may be sent as `Bearer`.');
  if (audience !== null && ![answer.aud].flat().includes(audience))
    throw new TokenError('The token\'s claim "aud" is missing or not what this server accepts.');
  const claims = parseClaims(answer);
  if (claims.exp.getTime() <= Date.now()) throw expiredToken();
  return claims;
}

/** Rejects where there is more than an answer may hold, as soon as it has come. */
async function fetchBounded(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (size > maxAnswerBytes) throw new Error(`The answer is larger than ${maxAnswerBytes} bytes.`);
    chunks.push(chunk);
  }
  const { status, headers } = response;
  return new Response(size === 0 ? null : Buffer.concat(chunks), { status, headers });
}

/** Of RFC 6749 and RFC 7009: the errors of a request whose only part that changes is the token. */
const ofTheToken: readonly string[] = ['invalid_request', 'unsupported_token_type'];

/**
 * RFC 6749, 2.3.1. Unreserved characters stay as they are, which the RFC allows and oauth4webapi's own does not do: endpoints
 * that were written by hand do not decode what they are sent, and ids like `tidings-server` are common.
 */
function basic(id: string, secret: string): ClientAuth {
  const credentials = [id, secret].map(encodeURIComponent).join(':');
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return (_server, _client, _body, headers) => headers.set('authorization', authorization);
}

const unavailable = (cause?: unknown): TidingsError =>
  new TidingsError('UNAVAILABLE', 'Tokens cannot be verified at the moment. Try again.', {
    cause,
    retryAfterMs: 2_000,
  });
