// Who may do what with notifications: a feed is its user's alone, and backend services fill it.
import { requireScope, type Viewer } from '../../auth/viewer.ts';
import type { AuthorizationClass } from '../../schema/event-stream.ts';

/** Everybody their own: queries, marks and streams begin from the viewer's id, so there is nobody else's to ask for. */
export const mayFollowOwnNotifications = (): AuthorizationClass => 'own';

export const requireMaySendNotifications = (viewer: Viewer): void =>
  requireScope(viewer, 'notifications:send');
