// Who may do what with announcements: everyone in the workspace sees all of them, visitors see the public ones, and
// backend services publish them.
import { requireScope, type Viewer } from '../../auth/viewer.ts';
import type { AnnouncementAudience } from './announcements.topics.ts';

/** null is a visitor, where the server allows them. */
export const audienceOf = (viewer: Viewer | null): AnnouncementAudience =>
  viewer === null ? 'public' : 'all';

export const requireMayAnnounce = (viewer: Viewer): void => requireScope(viewer, 'announcements:publish');
