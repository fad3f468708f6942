// Following a conversation for as long as the viewer takes part in it: its event stream, and for live state beside it
// the watch that ends with the viewer's access. Removing a participant is a control entry of the stream, so nobody
// has to be told: whoever was removed finds it there.
import { notFound, TidingsError } from '../../errors.ts';
import type { Context } from '../../schema/context.ts';
import { openEventStream } from '../../schema/event-stream.ts';
import type { StreamSubscription } from '../../streams/subscribe.ts';
import { removesParticipant } from './chat.events.ts';
import { chatService } from './chat.service.ts';
import { conversationTopic } from './chat.topics.ts';
import { isUuid } from './uuid.ts';

/** Rejects with NOT_FOUND where the viewer takes no part. Ends with FORBIDDEN when the viewer is removed or leaves. */
export async function openConversationStream(
  context: Context,
  conversationId: string,
  { after, filter }: { readonly after: string | null | undefined; readonly filter?: () => boolean },
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

export interface AccessWatch {
  /** No call to `onEnded` comes afterwards. May be called again. */
  stop(): void;
}

/**
 * For live state of a conversation (receipts, typing). Rejects with NOT_FOUND where the viewer takes no part; calls
 * `onEnded` once when that ends: FORBIDDEN where the viewer was removed or a renewed token is not enough,
 * UNAUTHENTICATED where the token expired, UNAVAILABLE where it can't be told any more. Must not throw.
 *
 *     const queue = new ConflatingQueue<string, State>(() => watch?.stop());
 *     const watch = await watchAccess(context, conversationId, (error) => queue.fail(error, 'at-once'));
 */
export async function watchAccess(
  context: Context,
  conversationId: string,
  onEnded: (error: unknown) => void,
): Promise<AccessWatch> {
  const stream = await openConversationStream(context, conversationId, { after: null, filter: () => false });
  let stopped = false;
  // Nothing passes the filter, so this settles when the stream ends: quietly when stopped, else with the reason.
  stream.next().catch((error: unknown) => {
    if (!stopped) onEnded(toLiveStateError(error));
  });
  return {
    stop() {
      stopped = true;
      void stream.return();
    },
  };
}

/** Live state has no cursor that could expire: whoever subscribes again has everything. */
const toLiveStateError = (error: unknown): unknown =>
  error instanceof TidingsError && error.code === 'CURSOR_EXPIRED'
    ? new TidingsError('UNAVAILABLE', 'The database went back to an earlier state. Subscribe again.', {
        cause: error,
      })
    : error;
