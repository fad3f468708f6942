// What conversations of one result load together: one statement for a whole list. Nothing is kept: the context of a
// subscription lives long, and every event is to show what is so now.
import DataLoader from 'dataloader';
import type { Context } from '../../schema/context.ts';
import type { Page } from '../../schema/page.ts';
import { chatService } from './chat.service.ts';
import { readParticipantViews, type ConversationView, type ParticipantView } from './conversation-view.ts';
import { readMessagePages, type SeenSlice } from './message-pages.ts';
import { readLastMessages, type MessageView } from './message-view.ts';
import { stillSeen, type SeenBy } from './still-seen.ts';

export interface ChatLoaders {
  /** As the viewer sees it; null where it does not exist for the viewer. */
  readonly conversation: DataLoader<string, ConversationView | null>;
  /** These answer as if there were nothing in it where its user does not take part any more. */
  readonly participants: DataLoader<SeenBy, readonly ParticipantView[]>;
  readonly lastMessage: DataLoader<SeenBy, MessageView | null>;
  readonly messagePage: DataLoader<SeenSlice, Page<MessageView>>;
}

const key = {};

export const chatLoaders = (context: Context): ChatLoaders => context.once(key, () => createLoaders(context));

/** Each function is asynchronous: a synchronous throw, of a viewer who is not there, dataloader takes for its own misuse. */
function createLoaders(context: Context): ChatLoaders {
  const { queries } = context.runtime.store;
  const uncached = { cache: false };
  return {
    conversation: new DataLoader(
      async (ids) => context.use(chatService).findConversations(context.viewer, ids),
      uncached,
    ),
    participants: new DataLoader(async (seen: readonly SeenBy[]) => {
      const { workspace } = context.viewer;
      const found = await readParticipantViews(queries, workspace, stillSeen(workspace, seen));
      return seen.map(({ conversationId }) => found.get(conversationId) ?? []);
    }, uncached),
    lastMessage: new DataLoader(async (seen: readonly SeenBy[]) => {
      const found = await readLastMessages(queries, context.viewer.workspace, seen);
      return seen.map(({ conversationId }) => found.get(conversationId) ?? null);
    }, uncached),
    messagePage: new DataLoader(
      async (seen: readonly SeenSlice[]) => readMessagePages(queries, context.viewer.workspace, seen),
      uncached,
    ),
  };
}
