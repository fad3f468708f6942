// Verifies tokens with jose: a shared secret (HS256) or a JWKS address. Algorithms are pinned to the kind of key, so a
// token can neither choose `none` nor pass a public key off as a shared secret.
import {
  createRemoteJWKSet,
  decodeJwt,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { z } from 'zod';
import type { TokenIssuer } from '../config.ts';
import { TidingsError } from '../errors.ts';
import type { Viewer } from './viewer.ts';

/** UNAUTHENTICATED, and whether a fresh token of the same issuer would help. */
export class TokenError extends TidingsError {
  readonly expired: boolean;
  constructor(message: string, { expired = false, cause }: { expired?: boolean; cause?: unknown } = {}) {
    super('UNAUTHENTICATED', message, { cause });
    this.name = 'TokenError';
    this.expired = expired;
  }
}

/** The token is valid, but was issued before its user's sessions were revoked. */
export const revokedSessions = (): TokenError =>
  new TokenError('The sessions of this user were revoked. Sign in again.');

export interface TokenVerifier {
  /**
   * Answers whom the token speaks for. `workspace` is what the request names, needed where the token is for every
   * workspace. Throws TokenError, BAD_USER_INPUT for a missing workspace, UNAVAILABLE while the JWKS cannot be read.
   */
  verify(token: string, workspace: string | null): Promise<Viewer>;
}

const secretAlgorithms = ['HS256'];
const jwksAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/**
 * A token of a key not seen before has the keys read again, at most once in so long. Tokens of a new key are refused for
 * as long after the last reading, and clients take that as final: short, but long enough that nobody can flood the issuer.
 */
const jwksCooldownMs = 5_000;

interface Verification {
  readonly issuer: TokenIssuer;
  readonly algorithms: string[];
  readonly getKey: JWTVerifyGetKey;
}

export function createTokenVerifier(issuers: readonly TokenIssuer[]): TokenVerifier {
  const verifications = issuers.map(toVerification);
  return {
    async verify(token, workspace) {
      const claimed = peek(token);
      const candidates = verifications.filter(({ issuer }) => issuer.issuer === claimed.iss);
      if (candidates.length === 0)
        throw new TokenError('The token is of an issuer that this server does not trust.');
      let failure: unknown;
      for (const candidate of candidates) {
        try {
          const { payload } = await jwtVerify(token, candidate.getKey, {
            algorithms: candidate.algorithms,
            issuer: candidate.issuer.issuer,
            audience: candidate.issuer.audience,
            requiredClaims: ['sub', 'iat', 'exp'],
          });
          return toViewer(payload, workspace);
        } catch (error) {
          // With a secret and a JWKS of one issuer, the algorithm decides which of them is meant.
          if (!(error instanceof errors.JOSEAlgNotAllowed) || failure === undefined) failure = error;
        }
      }
      throw toTokenError(failure);
    },
  };
}

function toVerification(issuer: TokenIssuer): Verification {
  if ('jwksUrl' in issuer.key) {
    const getKey = createRemoteJWKSet(new URL(issuer.key.jwksUrl), { cooldownDuration: jwksCooldownMs });
    return { issuer, algorithms: jwksAlgorithms, getKey };
  }
  // Imported once: verifying with a CryptoKey takes half the time of doing so with the raw bytes.
  const { secret } = issuer.key;
  let key: Promise<CryptoKey> | undefined;
  const getKey = () =>
    (key ??= crypto.subtle.importKey(
      'raw',
      Buffer.from(secret, 'utf8'),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['verify'],
    ));
  return { issuer, algorithms: secretAlgorithms, getKey };
}

function peek(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch (cause) {
    throw new TokenError('The token is not a JSON Web Token.', { cause });
  }
}

function toTokenError(error: unknown): unknown {
  if (error instanceof TidingsError) return error;
  if (error instanceof errors.JWTExpired)
    return new TokenError('The token has expired. Get a new one.', { expired: true });
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new TokenError(`The token's claim "${error.claim}" is missing or not what this server accepts.`, {
      cause: error,
    });
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return new TokenError("The token's algorithm is not one that this server accepts for its issuer.", {
      cause: error,
    });
  }
  if (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JOSENotSupported
  ) {
    return new TokenError('The token is not signed by a key that this server trusts.', { cause: error });
  }
  return new TidingsError(
    'UNAVAILABLE',
    'The keys that verify tokens cannot be read at the moment. Try again.',
    {
      cause: error,
      retryAfterMs: 2_000,
    },
  );
}

/** As the database can store it: valid Unicode without NUL. */
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000');
const name = z.string().min(1).max(256).refine(isStorable);
/** RFC 7519's NumericDate, as far as a Date reaches. */
const moment = z
  .number()
  .min(0)
  .transform((seconds) => new Date(Math.min(seconds * 1_000, 8.64e15)));
/** Shown to others as an image: nothing but an https address. */
const picture = z
  .string()
  .max(2_048)
  .refine((text) => isStorable(text) && URL.canParse(text) && new URL(text).protocol === 'https:');
const strings = z.array(z.string().max(256)).max(256);
const claims = z.object({
  sub: name,
  iat: moment,
  exp: moment,
  name: name.optional(),
  // One that is no such address costs the picture, not the access.
  picture: picture.optional().catch(undefined),
  workspace: name.default('default'),
  roles: strings.default([]),
  rooms: strings.default([]),
  scope: z.string().max(4_096).default(''),
});

/** The clocks of an issuer and of this server may differ by so much. */
const clockToleranceMs = 60_000;

/** A token of a service for every workspace. */
const everyWorkspace = '*';

function toViewer(payload: JWTPayload, requestedWorkspace: string | null): Viewer {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) {
    const claim = parsed.error.issues[0]?.path.join('.') ?? 'sub';
    throw new TokenError(`The token's claim "${claim}" does not have the form that this server expects.`);
  }
  const { data } = parsed;
  if (data.iat.getTime() > Date.now() + clockToleranceMs) {
    throw new TokenError(
      'The token\'s claim "iat" lies in the future: check the clock of whoever issued it.',
    );
  }
  return {
    id: data.sub,
    workspace: data.workspace === everyWorkspace ? requireWorkspace(requestedWorkspace) : data.workspace,
    name: data.name ?? null,
    avatarUrl: data.picture ?? null,
    roles: new Set(data.roles),
    scopes: new Set(data.scope.split(' ').filter((scope) => scope !== '')),
    rooms: data.rooms,
    issuedAt: data.iat,
    expiresAt: data.exp,
  };
}

function requireWorkspace(requested: string | null): string {
  const parsed = name.safeParse(requested);
  if (parsed.success && parsed.data !== everyWorkspace) return parsed.data;
  throw new TidingsError(
    'BAD_USER_INPUT',
    'The token is for every workspace: name the one that is meant in the header tidings-workspace' +
      `${requested === null ? '' : ' (1 to 256 characters, not "*")'}.`,
  );
}
