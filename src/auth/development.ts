// Development tokens: one fixed key that is no secret, so that two development nodes agree. Only `tidings dev` knows it.
import { SignJWT } from 'jose';
import type { TokenIssuer } from '../config.ts';

/** NOT A SECRET: a development key, published with the source. Nothing but `tidings dev` accepts it. */
const developmentKey = 'tidings-development-key-NOT-A-SECRET-never-use-it-in-production';

export const developmentIssuer: TokenIssuer = {
  key: { secret: developmentKey },
  issuer: 'tidings-development',
  audience: 'tidings-development',
};

export interface DevelopmentToken {
  readonly user: string;
  readonly name?: string | undefined;
  readonly workspace?: string | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly rooms?: readonly string[] | undefined;
  readonly scope?: string | undefined;
  /** Seconds; negative makes one that has already expired. An hour unless given. */
  readonly expiresIn?: number | undefined;
  /** Seconds since the epoch. Now unless given. */
  readonly issuedAt?: number | undefined;
}

export function signDevelopmentToken(options: DevelopmentToken): Promise<string> {
  const { user, name, workspace = 'demo', roles = [], rooms = [], scope = '', expiresIn = 3_600 } = options;
  const now = Math.floor(Date.now() / 1_000);
  const { issuedAt = Math.min(now, now + expiresIn) } = options;
  return new SignJWT({ ...(name === undefined ? {} : { name }), workspace, roles, rooms, scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer(developmentIssuer.issuer)
    .setAudience(developmentIssuer.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(now + expiresIn)
    .sign(Buffer.from(developmentKey, 'utf8'));
}
