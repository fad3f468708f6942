// Signs tokens as the server will read them, with the key that it verifies them with.
import { SignJWT, type JWTPayload } from 'jose';
import { parseClaims, type Claims } from '../auth/claims.ts';
import { developmentIssuer } from '../auth/development.ts';
import { TokenError } from '../auth/token-error.ts';
import { ConfigError, parseTokenIssuers, type TokenIssuer } from '../config.ts';
import type { Environment } from '../settings.ts';
import { CommandFailure, UsageError } from './command.ts';

export interface SigningKey {
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
  readonly isDevelopment: boolean;
}

/** That of JWT_SECRET, or the development key where nothing verifies tokens. Throws CommandFailure where others sign. */
export function findSigningKey(env: Environment, development: boolean): SigningKey {
  const issuers = development ? [] : readIssuers(env);
  const asksElsewhere = !development && (env['TOKEN_INTROSPECTION_URL'] ?? '').trim() !== '';
  const isDevelopment = issuers.length === 0 && !asksElsewhere;
  for (const { key, issuer, audience } of isDevelopment ? [developmentIssuer] : issuers)
    if ('secret' in key) return { secret: key.secret, issuer, audience, isDevelopment };
  throw new CommandFailure(
    `Tokens are verified by ${asksElsewhere ? 'TOKEN_INTROSPECTION_URL' : 'JWT_JWKS_URL'}, and only your identity provider can ` +
      'give them out: ask it for one. (`--dev` signs one for `tidings dev`.)',
  );
}

function readIssuers(env: Environment): readonly TokenIssuer[] {
  try {
    return parseTokenIssuers(env);
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandFailure(error.message);
    throw error;
  }
}

/** Throws UsageError where the server would refuse the token, or leave something of it out. */
export function signClaims(claims: JWTPayload, { secret }: SigningKey): Promise<string> {
  const read = readClaims(claims);
  if (claims['name'] !== read.name)
    throw new UsageError('--name has to be 1 to 256 characters that can be shown.');
  if (claims['picture'] !== read.picture) throw new UsageError('--picture has to be an https address.');
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret, 'utf8'));
}

function readClaims(claims: JWTPayload): Claims {
  try {
    return parseClaims(claims);
  } catch (error) {
    if (error instanceof TokenError) throw new UsageError(error.message);
    throw error;
  }
}
