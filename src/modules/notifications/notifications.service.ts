// Notifications: delivering them into feeds, reading a feed, and marking what was read.
import { z } from 'zod';
import type { Viewer } from '../../auth/viewer.ts';
import { notFound } from '../../errors.ts';
import { serviceKey, type Runtime } from '../../schema/context.ts';
import { isUuid, optionalIdempotencyKey, requireFirst, requireIds } from '../../schema/input.ts';
import { parsePageCursor, placeMoment, placeUuid, toPage, type Page } from '../../schema/page.ts';
import type { StreamPosition } from '../../streams/cursor.ts';
import { claimIdempotencyKey, toContentHash, type IdempotencyClaim } from '../../streams/idempotency.ts';
import type { Write } from '../../streams/log-write.ts';
import type { Topic } from '../../streams/topic.ts';
import { startBroadcasts } from './broadcasts.ts';
import {
  requireDraft,
  requireRecipients,
  type NotificationDraft,
  type SendNotification,
} from './notification-draft.ts';
import { optionalTypes, toEventPortions, toRead, toReceived } from './notification-event.ts';
import {
  eraseFeed,
  fillFeeds,
  markAll,
  markNamed,
  readFeed,
  readNamed,
  readUnreadCount,
  type FeedOwner,
  type FeedState,
  type NotificationView,
} from './notification-feed.ts';
import { requireMaySendNotifications } from './notifications.policy.ts';
import type { NotificationType } from './notifications.tables.ts';
import { notificationsTopic } from './notifications.topics.ts';

export interface ListNotifications {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly unreadOnly?: boolean | null | undefined;
  readonly types?: readonly NotificationType[] | null | undefined;
}

export interface NotificationPage extends Page<NotificationView> {
  readonly unreadCount: number;
  readonly position: StreamPosition;
}

export interface SendResult {
  readonly recipientCount: number;
  readonly deduplicated: boolean;
}

export interface NotificationsService {
  /** To be taken by a write that delivers. */
  topicOf(workspace: string, userId: string): Topic;
  /** Inside a write that has taken the streams of all these users: fills their feeds and appends to their streams. */
  deliver(
    write: Write,
    workspace: string,
    userIds: readonly string[],
    draft: NotificationDraft,
    occurredAt: Date,
  ): Promise<void>;
  send(viewer: Viewer, input: SendNotification): Promise<SendResult>;
  list(viewer: Viewer, page: ListNotifications): Promise<NotificationPage>;
  /**
   * Marks those of the viewer that were unread, and answers them (the newest 100). Throws NOT_FOUND, and marks nothing,
   * where one of the ids is no notification of the viewer. Where all had been read before, there is no event; of large
   * ones there are several.
   */
  markRead(viewer: Viewer, ids: readonly string[]): Promise<FeedState>;
  markAllRead(viewer: Viewer): Promise<FeedState>;
  /** Resolves when the feeds of a workspace hold what was sent to it. */
  settled(): Promise<void>;
  /** What it has begun is finished; what is left goes on elsewhere, or at the next start. */
  close(): Promise<void>;
  /** Empties a user's feed, and their stream of what stood in it; harmless to repeat. */
  eraseFeed(owner: FeedOwner): Promise<void>;
}

export const notificationsService = serviceKey<NotificationsService>('notifications');

/** Ids at a time in markNotificationsRead. */
const maxMarks = 500;
/** Notifications that a payload shows at most. */
const maxShown = 100;

/** What a node that died has left is found within so long. */
const broadcastCheckMs = 2_000;

const notificationList = 'notifications';
const notificationPlace = z.tuple([placeMoment, placeUuid]);
const placeOf = ({ createdAt, id }: NotificationView) => [createdAt, id];

const feedOf = ({ workspace, id }: Viewer): FeedOwner => ({ workspace, userId: id });

export function createNotificationsService(
  runtime: Pick<Runtime, 'log' | 'store' | 'logger'>,
): NotificationsService {
  const { log, store, logger } = runtime;

  const deliver: NotificationsService['deliver'] = async (write, workspace, userIds, draft, occurredAt) => {
    const filled = await fillFeeds(write.tx, workspace, [...new Set(userIds)], draft, occurredAt);
    for (const { userId, notification, unreadCount } of filled) {
      write.append({
        topic: notificationsTopic(workspace, userId),
        payload: toReceived(notification, unreadCount),
      });
    }
  };

  const broadcasts = startBroadcasts({ log, logger, deliver, everyMs: broadcastCheckMs });

  const sendToWorkspace = async (
    viewer: Viewer,
    draft: NotificationDraft,
    key: string | null,
  ): Promise<SendResult> => {
    const result = await store
      .transaction<SendResult>(async (tx) => {
        const recipientCount = await broadcasts.record(tx, viewer.workspace, draft);
        if (key === null) return { recipientCount, deduplicated: false };
        const request = toClaim(viewer, key, 'workspace', draft, recipientCount);
        const claimed = await claimIdempotencyKey(tx, request);
        if (claimed.outcome === 'new') return { recipientCount, deduplicated: false };
        throw new Repeated(claimed.reference as SendReference);
      })
      .catch((error: unknown) => {
        if (error instanceof Repeated) return { ...error.reference, deduplicated: true };
        throw error;
      });
    broadcasts.wake();
    return result;
  };

  /** In one event. Answers those that were unread when it came to them. */
  const markPortion = (owner: FeedOwner, portion: readonly NotificationView[]) => {
    const topic = notificationsTopic(owner.workspace, owner.userId);
    return log.write<FeedState>(async (write) => {
      const { occurredAt } = await write.take([topic]);
      const ids = portion.map(({ id }) => id);
      const unread = (await readNamed(write.tx, owner, ids)).filter(({ readAt }) => readAt === null);
      if (unread.length === 0) {
        write.abandon({ notifications: [], unreadCount: await readUnreadCount(write.tx, owner) });
      }
      const unreadIds = unread.map(({ id }) => id);
      const unreadCount = await markNamed(write.tx, owner, unreadIds, occurredAt);
      const readAt = occurredAt.toISOString();
      const notifications = unread.map((notification) => ({ ...notification, readAt }));
      write.append({ topic, payload: toRead({ notifications, unreadCount }, null) });
      return { notifications, unreadCount };
    });
  };

  return {
    settled: () => broadcasts.settled(),
    close: () => broadcasts.close(),
    topicOf: notificationsTopic,
    deliver,

    async send(viewer, input) {
      requireMaySendNotifications(viewer);
      const { workspace } = viewer;
      const recipients = requireRecipients(input);
      const draft = requireDraft(input);
      const key = optionalIdempotencyKey(input.idempotencyKey);
      if (recipients === 'workspace') return sendToWorkspace(viewer, draft, key);
      return log.write<SendResult>(async (write) => {
        const taken = await write.take(recipients.map((userId) => notificationsTopic(workspace, userId)));
        if (key !== null) await claim(write, toClaim(viewer, key, recipients, draft, recipients.length));
        await deliver(write, workspace, recipients, draft, taken.occurredAt);
        return { recipientCount: recipients.length, deduplicated: false };
      });
    },

    async list(viewer, page) {
      const first = requireFirst(page.first, { fallback: 20, max: 100 });
      const after = parsePageCursor('after', notificationList, page.after, notificationPlace);
      const types = optionalTypes(page.types);
      // The head first: the cursor must not be newer than the data beside it.
      const topic = notificationsTopic(viewer.workspace, viewer.id);
      const position = { topic, ...(await log.head(topic)) };
      const { notifications, unreadCount } = await readFeed(store.queries, feedOf(viewer), {
        limit: first + 1,
        after,
        unreadOnly: page.unreadOnly ?? false,
        types,
      });
      return {
        ...toPage(notificationList, notifications, { first, after, placeOf }),
        unreadCount,
        position,
      };
    },

    async markRead(viewer, values) {
      const ids = requireIds('ids', values, { max: maxMarks });
      const owner = feedOf(viewer);
      requireAllFound(ids, ids.filter(isUuid));
      const named = await readNamed(store.queries, owner, ids);
      requireAllFound(
        ids,
        named.map(({ id }) => id),
      );
      const marked: NotificationView[] = [];
      let unreadCount: number | null = null;
      for (const portion of toEventPortions(named.filter(({ readAt }) => readAt === null))) {
        const state = await markPortion(owner, portion);
        marked.push(...state.notifications);
        unreadCount = state.unreadCount;
      }
      return {
        notifications: marked.slice(0, maxShown),
        unreadCount: unreadCount ?? (await readUnreadCount(store.queries, owner)),
      };
    },

    markAllRead(viewer) {
      const topic = notificationsTopic(viewer.workspace, viewer.id);
      return log.write<FeedState>(async (write) => {
        const { occurredAt } = await write.take([topic]);
        const notifications = await markAll(write.tx, feedOf(viewer), occurredAt, maxShown);
        const state = { notifications, unreadCount: 0 };
        if (notifications.length === 0) write.abandon(state);
        const [told = []] = toEventPortions(notifications);
        write.append({ topic, payload: toRead({ notifications: told, unreadCount: 0 }, occurredAt) });
        return state;
      });
    },

    async eraseFeed(owner) {
      const topic = notificationsTopic(owner.workspace, owner.userId);
      await log.write(async (write) => {
        const { occurredAt } = await write.take([topic]);
        if (!(await eraseFeed(write.tx, owner, topic))) write.abandon(null);
        write.append({ topic, payload: toRead({ notifications: [], unreadCount: 0 }, occurredAt) });
      });
    },
  };
}

type SendReference = Pick<SendResult, 'recipientCount'>;

/** Rolls back what was recorded for a request that had been made before. */
class Repeated extends Error {
  readonly reference: SendReference;
  constructor(reference: SendReference) {
    super('The idempotency key was used before.');
    this.reference = reference;
  }
}

/** The order of recipients makes no difference. */
const toClaim = (
  viewer: Viewer,
  key: string,
  recipients: readonly string[] | 'workspace',
  draft: NotificationDraft,
  recipientCount: number,
): IdempotencyClaim => ({
  workspace: viewer.workspace,
  field: 'sendNotification',
  publisher: viewer.id,
  key,
  contentHash: toContentHash({
    recipients: recipients === 'workspace' ? recipients : [...recipients].sort(),
    ...draft,
  }),
  reference: { recipientCount } satisfies SendReference,
});

async function claim(write: Write, request: IdempotencyClaim): Promise<void> {
  const claimed = await write.claim(request);
  if (claimed.outcome === 'new') return;
  const { recipientCount } = claimed.reference as SendReference;
  write.abandon({ recipientCount, deduplicated: true } satisfies SendResult);
}

function requireAllFound(ids: readonly string[], found: readonly string[]): void {
  const known = new Set(found);
  const missing = ids.find((id) => !known.has(id));
  if (missing !== undefined) throw notFound('notification', missing);
}
