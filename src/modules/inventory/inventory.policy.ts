// Who may do what with inventory alerts: everyone in the workspace follows them, backend services publish them.
import { requireScope, type Viewer } from '../../auth/viewer.ts';
import type { AuthorizationClass } from '../../schema/event-stream.ts';

export const mayFollowInventory = (_viewer: Viewer): AuthorizationClass => 'workspace';

export const requireMayPublishInventory = (viewer: Viewer): void => requireScope(viewer, 'inventory:publish');
