// The streams of announcements: everything that is announced in the workspace, and of that what visitors may see.
import { toTopic, type Topic } from '../../streams/topic.ts';

export type AnnouncementAudience = 'all' | 'public';

export const announcementsTopic = (workspace: string, audience: AnnouncementAudience): Topic =>
  toTopic({ workspace, kind: 'announcements', key: audience });
