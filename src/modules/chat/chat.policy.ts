// Who may do what in chat. Participants see a conversation and everything in it; for everybody else it doesn't exist.
import { isStaff, requireScope, type Viewer } from '../../auth/viewer.ts';
import { TidingsError } from '../../errors.ts';
import { requireId } from '../../schema/input.ts';

/** The user who acts: the viewer, or whom a service with the scope chat:write names. */
export function requireActor(viewer: Viewer, asUserId: string | null | undefined): string {
  if (asUserId === null || asUserId === undefined) return viewer.id;
  requireScope(viewer, 'chat:write');
  return requireId('asUserId', asUserId);
}

/** Asked for a message that the viewer sees, so there is nothing to hide. */
export function requireMayEdit(viewer: Viewer, message: { readonly sender: { readonly id: string } }): void {
  if (message.sender.id === viewer.id) return;
  throw new TidingsError('FORBIDDEN', 'Only its sender may edit a message.');
}

/** Asked for a message that the viewer sees: staff moderate the conversations that they take part in. */
export function requireMayDelete(
  viewer: Viewer,
  message: { readonly sender: { readonly id: string } },
): void {
  if (message.sender.id === viewer.id || isStaff(viewer)) return;
  throw new TidingsError('FORBIDDEN', 'Only its sender may delete a message, or staff who take part.');
}
