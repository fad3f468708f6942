// For live state whose access ends with entries of an event stream (a conversation, a room): follows the stream on behalf
// of the viewer and delivers nothing of it, so that whoever has lost access is told without anybody telling them.
import { TidingsError } from '../errors.ts';
import type { StreamSubscription } from '../streams/subscribe.ts';

export interface AccessWatch {
  /** No call to `onEnded` comes afterwards. May be called again. */
  stop(): void;
}

/**
 * The stream is opened with a filter that nothing passes. Calls `onEnded` once when it ends: FORBIDDEN where access was
 * lost, UNAUTHENTICATED where the token expired, UNAVAILABLE where it can't be told any more. That must not throw.
 *
 *     const queue = new ConflatingQueue<string, State>(() => watch?.stop());
 *     const watch = watchAccess(await openRoomStream(context, …), (error) => queue.fail(error, 'at-once'));
 */
export function watchAccess(stream: StreamSubscription, onEnded: (error: unknown) => void): AccessWatch {
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
