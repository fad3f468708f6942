// Tokens that are signed, verified with jose: by a shared secret (HS256) or a JWKS address. Algorithms are pinned to the
// kind of key, so a token can neither choose `none` nor pass a public key off as a shared secret.
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import type { TokenIssuer } from '../config.ts';
import { TidingsError } from '../errors.ts';
import { parseClaims, type Claims } from './claims.ts';
import { expiredToken, TokenError } from './token-error.ts';

export interface JsonWebTokens {
  /** Whether it has the form of one, and names an issuer that is trusted. */
  trusts(token: string): 'trusted' | 'unknown-issuer' | 'no-jwt';
  /** Only what is trusted. Rejects with TokenError, or UNAVAILABLE while the JWKS cannot be read. */
  verify(token: string): Promise<Claims>;
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
/** The keys are read again after so long, and a withdrawn one counts until then: issuers are away now and then. */
const jwksMaxAgeMs = 600_000;

interface Verification {
  readonly issuer: TokenIssuer;
  readonly algorithms: string[];
  readonly getKey: JWTVerifyGetKey;
}

export function createJsonWebTokens(issuers: readonly TokenIssuer[]): JsonWebTokens {
  const verifications = issuers.map(toVerification);
  const candidatesFor = (issuer: string | undefined) =>
    verifications.filter((verification) => verification.issuer.issuer === issuer);
  return {
    trusts(token) {
      try {
        return candidatesFor(decodeJwt(token).iss).length > 0 ? 'trusted' : 'unknown-issuer';
      } catch {
        return 'no-jwt';
      }
    },
    async verify(token) {
      let failure: unknown;
      for (const candidate of candidatesFor(decodeJwt(token).iss)) {
        try {
          const { payload } = await jwtVerify(token, candidate.getKey, {
            algorithms: candidate.algorithms,
            issuer: candidate.issuer.issuer,
            audience: candidate.issuer.audience,
            requiredClaims: ['sub', 'iat', 'exp'],
          });
          return parseClaims(payload);
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
    const getKey = createRemoteJWKSet(new URL(issuer.key.jwksUrl), {
      cooldownDuration: jwksCooldownMs,
      cacheMaxAge: jwksMaxAgeMs,
    });
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

function toTokenError(error: unknown): unknown {
  if (error instanceof TidingsError) return error;
  if (error instanceof errors.JWTExpired) return expiredToken(error);
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
