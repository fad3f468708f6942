// What a verified token says, whether it is signed or its issuer was asked about it, and the viewer that it makes.
import { z } from 'zod';
import { TidingsError } from '../errors.ts';
import { TokenError } from './token-error.ts';
import type { Viewer } from './viewer.ts';

export interface Claims {
  readonly sub: string;
  readonly iat: Date;
  readonly exp: Date;
  readonly name?: string | undefined;
  readonly picture?: string | undefined;
  /** `*`: every workspace, for services. */
  readonly workspace: string;
  readonly roles: readonly string[];
  readonly rooms: readonly string[];
  /** Separated by spaces. */
  readonly scope: string;
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
  // What can't be shown costs the name or the picture, not the access.
  name: name
    .refine((text) => text.trim() !== '')
    .optional()
    .catch(undefined),
  picture: picture.optional().catch(undefined),
  workspace: name.default('default'),
  roles: strings.default([]),
  rooms: strings.default([]),
  scope: z.string().max(4_096).default(''),
});

/** A token of a service for every workspace. */
const everyWorkspace = '*';

/** Throws TokenError, which names the claim. The expiry is not looked at. */
export function parseClaims(payload: object): Claims {
  // null says nothing, as where a claim is left out: endpoints that were written by hand answer it.
  const told = Object.entries(payload).filter(([, value]) => value !== null);
  const parsed = claims.safeParse(Object.fromEntries(told));
  if (!parsed.success) {
    const claim = parsed.error.issues[0]?.path.join('.') ?? 'sub';
    throw new TokenError(`The token's claim "${claim}" does not have the form that this server expects.`);
  }
  return parsed.data;
}

export interface ViewerOptions {
  /** What the request names; BAD_USER_INPUT without it where the token is for every workspace. */
  readonly workspace: string | null;
  /** Until when the claims count without being verified again; null: until they expire. */
  readonly verifiedUntil: Date | null;
}

export function toViewer(verified: Claims, { workspace, verifiedUntil }: ViewerOptions): Viewer {
  return {
    id: verified.sub,
    workspace: verified.workspace === everyWorkspace ? requireWorkspace(workspace) : verified.workspace,
    name: verified.name ?? null,
    avatarUrl: verified.picture ?? null,
    roles: toSet(verified.roles),
    scopes: toSet(verified.scope.split(' ').filter((scope) => scope !== '')),
    rooms: verified.rooms,
    issuedAt: verified.iat,
    expiresAt: verified.exp,
    verifiedUntil,
  };
}

/** Most viewers have none: they share one. */
const none: ReadonlySet<string> = new Set();
const toSet = (values: readonly string[]): ReadonlySet<string> =>
  values.length === 0 ? none : new Set(values);

function requireWorkspace(requested: string | null): string {
  const parsed = name.safeParse(requested);
  if (parsed.success && parsed.data !== everyWorkspace) return parsed.data;
  throw new TidingsError(
    'BAD_USER_INPUT',
    'The token is for every workspace: name the one that is meant in the header tidings-workspace' +
      `${requested === null ? '' : ' (one name of 1 to 256 characters, not "*", percent-encoded as by encodeURIComponent)'}.`,
  );
}
