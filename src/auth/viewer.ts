// The viewer: the authenticated user or service behind an operation, as its token tells.
import { TidingsError } from '../errors.ts';

export interface Viewer {
  readonly id: string;
  readonly workspace: string;
  /** null where the token does not tell. */
  readonly name: string | null;
  readonly avatarUrl: string | null;
  readonly roles: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
  /** Patterns of rooms. */
  readonly rooms: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** When its token is to be verified again; null: it counts until it expires. */
  readonly verifiedUntil: Date | null;
}

/** Whoever reads: a viewer, or a visitor without a token where the server allows them. */
export interface Reader {
  readonly workspace: string;
  /** null for a visitor. */
  readonly viewer: Viewer | null;
}

/** All that its token says of a viewer, its times aside: the same text for viewers who may see the same. */
export const textOfViewer = ({ workspace, id, name, avatarUrl, roles, scopes, rooms }: Viewer): string =>
  JSON.stringify([workspace, id, name, avatarUrl, [...roles].sort(), [...scopes].sort(), [...rooms].sort()]);

export const isStaff = (viewer: Viewer): boolean => viewer.roles.has('staff');

export function requireScope(viewer: Viewer, scope: string): void {
  if (viewer.scopes.has(scope)) return;
  throw new TidingsError('FORBIDDEN', `This needs a token with the scope "${scope}".`);
}

/** Of the whole server, whatever the workspace. */
export function requireOperator(viewer: Viewer): void {
  if (viewer.roles.has('operator')) return;
  throw new TidingsError('FORBIDDEN', 'This needs a token with the role "operator".');
}

export function requireStaff(viewer: Viewer): void {
  if (isStaff(viewer)) return;
  throw new TidingsError('FORBIDDEN', 'This needs a token with the role "staff".');
}
