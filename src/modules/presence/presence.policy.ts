// Who may see presence: everyone in the workspace sees everyone in it. Nothing crosses workspaces, and somebody unknown
// looks like somebody who has never been here.
import type { Viewer } from '../../auth/viewer.ts';
import type { AuthorizationClass } from '../../schema/event-stream.ts';

export const mayFollowPresence = (_viewer: Viewer): AuthorizationClass => 'workspace';
