// Tokens for anyone, signed with the secret of one test server.
import { SignJWT } from 'jose';

/** What a token says of its owner. */
export interface Claims {
  /** The user's id unless given. */
  readonly name?: string | undefined;
  readonly picture?: string | undefined;
  /** `default` unless given; `*` for a service that names the workspace of each request. */
  readonly workspace?: string | undefined;
  /** `staff`, `operator`. */
  readonly roles?: readonly string[] | undefined;
  /** Patterns of rooms: `team:*`. */
  readonly rooms?: readonly string[] | undefined;
  /** Separated by spaces: `orders:publish notifications:send`. */
  readonly scope?: string | undefined;
  /** An hour unless given; negative for one that has expired. */
  readonly expiresInSeconds?: number | undefined;
}

export interface Issuer {
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
}

export async function signToken(
  { secret, issuer, audience }: Issuer,
  user: string,
  { name = user, expiresInSeconds = 3_600, ...claims }: Claims = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ name, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(Math.min(now, now + expiresInSeconds))
    .setExpirationTime(now + expiresInSeconds)
    .sign(new TextEncoder().encode(secret));
}
