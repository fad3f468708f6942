// Following a conversation for as long as the viewer takes part in it: its event stream, and for live state beside it
// the watch that ends with the viewer's access. Removing a participant is a control entry of the stream, so nobody
// has to be told: whoever was removed finds it there.
import { notFound } from '../../errors.ts';
import { watchAccess, type AccessWatch } from '../../schema/access-watch.ts';
import type { Context } from '../../schema/context.ts';
import { openEventStream } from '../../schema/event-stream.ts';
import { isUuid } from '../../schema/input.ts';
import { noEvents, type EventFilter } from '../../streams/event-filter.ts';
import type { StreamSubscription } from '../../streams/subscribe.ts';
import { removesParticipant } from './chat.events.ts';
import { chatService } from './chat.service.ts';
import { conversationTopic } from './chat.topics.ts';

/** Rejects with NOT_FOUND where the viewer takes no part. Ends with FORBIDDEN when the viewer is removed or leaves. */
export async function openConversationStream(
  context: Context,
  conversationId: string,
  { after, filter }: { readonly after: string | null | undefined; readonly filter?: EventFilter },
): Promise<StreamSubscription> {
  if (!isUuid(conversationId)) throw notFound('conversation', conversationId);
  return openEventStream(context, {
    topic: conversationTopic(context.viewer.workspace, conversationId),
    after,
    anewFrom: '`conversation`',
    authorize: (viewer) => context.use(chatService).requireParticipant(viewer, conversationId),
    endsAccess: (entry, viewer) => removesParticipant(entry, viewer.id),
    ...(filter === undefined ? {} : { filter }),
  });
}

/**
 * For live state of a conversation (receipts, typing). Rejects with NOT_FOUND where the viewer takes no part; calls
 * `onEnded` when that ends, see `watchAccess`.
 */
export async function watchConversation(
  context: Context,
  conversationId: string,
  onEnded: (error: unknown) => void,
): Promise<AccessWatch> {
  const stream = await openConversationStream(context, conversationId, { after: null, filter: noEvents });
  return watchAccess(stream, onEnded);
}
