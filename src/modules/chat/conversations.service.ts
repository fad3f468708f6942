// Conversations: creating them, who takes part, and reading them for whoever does.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Viewer } from '../../auth/viewer.ts';
import { notFound } from '../../errors.ts';
import type { Runtime } from '../../schema/context.ts';
import type { AuthorizationClass } from '../../schema/event-stream.ts';
import { isUuid, requireFirst, requireIds } from '../../schema/input.ts';
import { parsePageCursor, placeMoment, placeUuid, toPage, type Page } from '../../schema/page.ts';
import type { StreamPosition } from '../../streams/cursor.ts';
import type { Write } from '../../streams/log-write.ts';
import { SharedWork, Turns } from '../../streams/shared-work.ts';
import type { ParticipantsControl } from './chat.events.ts';
import { requireActor } from './chat.policy.ts';
import { conversationsOfTopic, conversationTopic } from './chat.topics.ts';
import {
  maxParticipants,
  requireConversationDraft,
  requireRoomFor,
  type CreateConversation,
} from './conversation-draft.ts';
import {
  deleteParticipants,
  findCreated,
  insertConversation,
  insertParticipants,
  readParticipations,
  requireParticipants,
  touchConversation,
  type Participation,
} from './conversation-rows.ts';
import {
  appendUpdates,
  takeWithParticipants,
  writeConversation,
  type ConversationRef,
} from './conversation-write.ts';
import { readConversations, readConversationsOf, type ConversationView } from './conversation-view.ts';

export interface ConversationsService {
  /** The same `clientConversationId` of the same creator with the same content answers the first one; other content is CONFLICT. */
  createConversation(viewer: Viewer, input: CreateConversation): Promise<ConversationView>;
  /** Those who take part already stay as they are. */
  addParticipants(
    viewer: Viewer,
    conversationId: string,
    userIds: readonly string[],
  ): Promise<ConversationView>;
  /** Those who take no part are passed over. */
  removeParticipants(
    viewer: Viewer,
    conversationId: string,
    userIds: readonly string[],
  ): Promise<ConversationView>;
  /** One for each id, null where it does not exist for this viewer. */
  findConversations(viewer: Viewer, ids: readonly string[]): Promise<readonly (ConversationView | null)[]>;
  /** The viewer's own, the last changed first. */
  listConversations(
    viewer: Viewer,
    page: { readonly first?: number | null | undefined; readonly after?: string | null | undefined },
  ): Promise<Page<ConversationView> & { readonly position: StreamPosition }>;
  /** Throws NOT_FOUND where the viewer takes no part. */
  requireParticipant(viewer: Viewer, conversationId: string): Promise<AuthorizationClass>;
}

const conversationList = 'conversations';
const conversationPlace = z.tuple([placeMoment, placeUuid]);

export function createConversationsService({ log, store }: Runtime): ConversationsService {
  /** Subscribers who come at once, as after a node's death, ask together. */
  const participations = new SharedWork<Participation, boolean>(new Turns(1), async (asked) => {
    const found = await readParticipations(store.queries, asked);
    // Whoever is beyond what one statement asks for is asked for with the next.
    return asked.map((_, place) => found[place]);
  });
  /** After a change: whoever has left by it, or since, is told how it stands all the same. */
  const readChanged = async (workspace: string, userId: string, id: string): Promise<ConversationView> => {
    const view = (await readConversations(store.queries, { workspace, userId }, [id])).get(id);
    if (view === undefined) throw new Error(`The conversation ${id} is gone although it was just changed.`);
    return view;
  };

  return {
    async createConversation(viewer, input) {
      const { workspace } = viewer;
      const actor = requireActor(viewer, input.asUserId);
      const draft = requireConversationDraft(actor, input);
      const created = await log.write<{ readonly id: string }>(async (write) => {
        const taken = await write.take(
          draft.userIds.map((userId) => conversationsOfTopic(workspace, userId)),
        );
        // The head of the creator's own stream orders everything that the creator creates.
        const earlier = await findCreated(write.tx, workspace, actor, draft);
        if (earlier !== null) write.abandon(earlier);
        const ref = { workspace, conversationId: randomUUID() };
        await insertConversation(write.tx, ref, actor, draft, taken.occurredAt);
        const joined = await insertParticipants(write.tx, ref, draft.userIds, taken.occurredAt, 0);
        appendUpdates(write, ref, 'CREATED', joined);
        return { id: ref.conversationId };
      });
      const view = await readChanged(workspace, actor, created.id);
      if (view.access === 'left') throw notFound('conversation', created.id);
      return view;
    },

    async addParticipants(viewer, conversationId, userIds) {
      const { workspace } = viewer;
      const asked = requireIds('userIds', userIds, { max: maxParticipants });
      const ref = { workspace, conversationId };
      await writeConversation(log, async (write) => {
        const before = await requireParticipants(write.tx, ref, viewer.id);
        const added = asked.filter((id) => !before.some(({ userId }) => userId === id));
        if (added.length === 0) return;
        requireRoomFor(before.length + added.length);
        const { taken, participants } = await takeWithParticipants(write, ref, before, added);
        const topic = conversationTopic(workspace, conversationId);
        const joinedNumber = taken.position(topic).number;
        const joined = await insertParticipants(write.tx, ref, added, taken.occurredAt, joinedNumber);
        await touchConversation(write.tx, ref, taken.occurredAt);
        appendControl(write, ref, { added });
        appendUpdates(write, ref, 'PARTICIPANTS_CHANGED', [...participants, ...joined]);
      });
      return readChanged(workspace, viewer.id, conversationId);
    },

    async removeParticipants(viewer, conversationId, userIds) {
      const { workspace } = viewer;
      const asked = new Set(requireIds('userIds', userIds, { max: maxParticipants }));
      const ref = { workspace, conversationId };
      await writeConversation(log, async (write) => {
        const before = await requireParticipants(write.tx, ref, viewer.id);
        const removed = before.map(({ userId }) => userId).filter((userId) => asked.has(userId));
        if (removed.length === 0) return;
        const { taken, participants } = await takeWithParticipants(write, ref, before);
        await deleteParticipants(write.tx, ref, removed);
        await touchConversation(write.tx, ref, taken.occurredAt);
        appendControl(write, ref, { removed });
        appendUpdates(
          write,
          ref,
          'LEFT',
          removed.map((userId) => ({ userId, unreadCount: 0 })),
        );
        const staying = participants.filter(({ userId }) => !asked.has(userId));
        appendUpdates(write, ref, 'PARTICIPANTS_CHANGED', staying);
      });
      return readChanged(workspace, viewer.id, conversationId);
    },

    async findConversations({ workspace, id }, ids) {
      const found = await readConversations(store.queries, { workspace, userId: id }, ids);
      return ids.map((asked) => {
        const view = found.get(asked);
        return view?.access === 'participant' ? view : null;
      });
    },

    async listConversations({ workspace, id }, page) {
      const first = requireFirst(page.first, { fallback: 20, max: 100 });
      const after = parsePageCursor('after', conversationList, page.after, conversationPlace);
      // The head first: the cursor must not be newer than the data beside it.
      const topic = conversationsOfTopic(workspace, id);
      const position = { topic, ...(await log.head(topic)) };
      const views = await readConversationsOf(
        store.queries,
        { workspace, userId: id },
        { after: after === null ? null : { updatedAt: after[0], id: after[1] }, limit: first + 1 },
      );
      const placeOf = (view: ConversationView) => [view.updatedAt, view.id];
      return { ...toPage(conversationList, views, { first, after, placeOf }), position };
    },

    async requireParticipant(viewer, conversationId) {
      const { workspace, id: userId } = viewer;
      const takesPart =
        isUuid(conversationId) && (await participations.ask({ workspace, conversationId, userId }));
      if (!takesPart) throw notFound('conversation', conversationId);
      return 'participant';
    },
  };
}

const appendControl = (
  write: Write,
  { workspace, conversationId }: ConversationRef,
  payload: ParticipantsControl,
) => write.append({ topic: conversationTopic(workspace, conversationId), kind: 'control', payload });
