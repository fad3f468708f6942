// What conversations of one result load together: one statement for a whole list. Nothing is kept: the context of a
// subscription lives long, and every event is to show what is so now.
import DataLoader from 'dataloader';
import type { Context } from '../../schema/context.ts';
import type { Page } from '../../schema/page.ts';
import { chatService } from './chat.service.ts';
import { readParticipantViews, type ConversationView, type ParticipantView } from './conversation-view.ts';
import { readMessagePages, type MessageSlice } from './message-pages.ts';
import { readLastMessages, type MessageView } from './message-view.ts';

export interface ChatLoaders {
  /** As the viewer sees it; null where it does not exist for the viewer. */
  readonly conversation: DataLoader<string, ConversationView | null>;
  /** These are asked of conversations that the viewer sees. */
  readonly participants: DataLoader<string, readonly ParticipantView[]>;
  readonly lastMessage: DataLoader<string, MessageView | null>;
  readonly messagePage: DataLoader<MessageSlice, Page<MessageView>>;
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
    participants: new DataLoader(async (ids: readonly string[]) => {
      const found = await readParticipantViews(queries, context.viewer.workspace, ids);
      return ids.map((id) => found.get(id) ?? []);
    }, uncached),
    lastMessage: new DataLoader(async (ids: readonly string[]) => {
      const found = await readLastMessages(queries, context.viewer.workspace, ids);
      return ids.map((id) => found.get(id) ?? null);
    }, uncached),
    messagePage: new DataLoader(
      async (slices) => readMessagePages(queries, context.viewer.workspace, slices),
      uncached,
    ),
  };
}
