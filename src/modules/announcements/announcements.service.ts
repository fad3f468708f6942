// Announcements: events and nothing beside them, so that the log is all they need.
import { randomUUID } from 'node:crypto';
import type { Reader, Viewer } from '../../auth/viewer.ts';
import { serviceKey, type Runtime } from '../../schema/context.ts';
import { optionalIdempotencyKey, requireText } from '../../schema/input.ts';
import { readRecentEvents, type RecentEvents } from '../../schema/recent-events.ts';
import type { EntryOf } from '../../schema/scalars.ts';
import { publishOnce, type Published } from '../../streams/publish-once.ts';
import type { Topic } from '../../streams/topic.ts';
import { audienceOf, requireMayAnnounce } from './announcements.policy.ts';
import { announcementsTopic } from './announcements.topics.ts';

export const announcementLevels = ['INFO', 'WARNING', 'CRITICAL'] as const;
export type AnnouncementLevel = (typeof announcementLevels)[number];

export interface AnnouncementPayload {
  readonly id: string;
  readonly level: AnnouncementLevel;
  readonly message: string;
}

export interface PublishAnnouncement {
  readonly message: string;
  readonly level?: AnnouncementLevel | null | undefined;
  readonly public?: boolean | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

export type AnnouncementEntry = EntryOf<AnnouncementPayload>;

export interface AnnouncementsService {
  publish(viewer: Viewer, input: PublishAnnouncement): Promise<Published<AnnouncementEntry>>;
  list(reader: Reader, first: number | null | undefined): Promise<RecentEvents<AnnouncementEntry>>;
  /** What this reader may follow. */
  topicOf(reader: Reader): Topic;
}

export const announcementsService = serviceKey<AnnouncementsService>('announcements');

export function createAnnouncementsService({ log }: Pick<Runtime, 'log'>): AnnouncementsService {
  const topicOf = ({ workspace, viewer }: Reader) => announcementsTopic(workspace, audienceOf(viewer));
  return {
    topicOf,
    async publish(viewer, input) {
      requireMayAnnounce(viewer);
      const { workspace } = viewer;
      const message = requireText('message', input.message, { min: 1, max: 2_000 });
      const level = input.level ?? 'INFO';
      const isPublic = input.public === true;
      const topic = announcementsTopic(workspace, 'all');
      const visitors = isPublic ? [announcementsTopic(workspace, 'public')] : [];
      const request = {
        workspace,
        field: 'publishAnnouncement',
        publisher: viewer.id,
        key: optionalIdempotencyKey(input.idempotencyKey),
        content: { message, level, isPublic },
        topic,
      };
      return publishOnce<AnnouncementEntry>(log, request, async (write, claim) => {
        await claim(await write.take([topic, ...visitors]));
        const payload: AnnouncementPayload = { id: randomUUID(), level, message };
        for (const stream of visitors) write.append({ topic: stream, payload });
        return write.append({ topic, payload }) as AnnouncementEntry;
      });
    },
    list: (reader, first) => readRecentEvents<AnnouncementEntry>(log, topicOf(reader), first),
  };
}
