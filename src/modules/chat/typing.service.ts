// Typing: saying it, and following who does. It is live state: kept in the engine, told at a measured pace, and gone
// after some seconds without a word.
import { serviceKey, type Context, type Runtime } from '../../schema/context.ts';
import { SharedInstances } from '../../schema/shared-instances.ts';
import { usersService } from '../users/users.service.ts';
import { chatService } from './chat.service.ts';
import { watchConversation } from './conversation-access.ts';
import { TypingQueue, type TypingView } from './typing-queue.ts';
import { TypingSpeaker } from './typing-speaker.ts';
import { typingChannel, typingTtlMs } from './typing-state.ts';
import { TypingTracker } from './typing-tracker.ts';

export interface TypingService {
  /** Answers the viewer's own. Throws NOT_FOUND where the viewer takes no part. */
  set(context: Context, conversationId: string, isTyping: boolean): Promise<TypingView>;
  /**
   * Who is typing now first, then every change, the viewer's own left out. Rejects with NOT_FOUND where the viewer takes
   * no part; ends with FORBIDDEN when that ends.
   */
  follow(context: Context, conversationId: string): Promise<AsyncIterableIterator<TypingView>>;
  /** From then on sending a message ends its sender's typing. May be called again. */
  listen(): void;
  close(): void;
}

export const typingService = serviceKey<TypingService>('typing');

/** Milliseconds of a monotonic clock. */
const now = (): number => performance.now();

export function createTypingService(runtime: Runtime): TypingService {
  const { engine, logger, use } = runtime;
  const { broker, expiring } = engine;
  /** Those who have said something lately, by conversation and user. */
  const speakers = new Map<string, TypingSpeaker>();
  /** Conversations that somebody follows, by channel. */
  const trackers = new SharedInstances<TypingTracker>();
  let stopListening: (() => void) | null = null;

  const speakerOf = (workspace: string, conversationId: string, userId: string): TypingSpeaker => {
    const channel = typingChannel(workspace, conversationId);
    const key = JSON.stringify([channel, userId]);
    const known = speakers.get(key);
    if (known !== undefined) return known;
    const speaker: TypingSpeaker = new TypingSpeaker({
      channel,
      userId,
      broker,
      expiring,
      logger,
      now,
      onSilent() {
        if (speakers.get(key) === speaker) speakers.delete(key);
      },
    });
    speakers.set(key, speaker);
    return speaker;
  };

  const acquireTracker = (workspace: string, conversationId: string) => {
    const channel = typingChannel(workspace, conversationId);
    const loadUsers = (ids: readonly string[]) => use(usersService).load(workspace, ids);
    return trackers.acquire(
      channel,
      () => new TypingTracker({ channel, broker, expiring, logger, loadUsers, now }),
    );
  };

  const listen = (): void => {
    stopListening ??= use(chatService).onMessageSent(({ workspace, conversationId, userId }) => {
      speakerOf(workspace, conversationId, userId)
        .end()
        .catch((error: unknown) => {
          logger.debug({ err: error, conversationId }, 'typing could not be ended by a message; it lapses');
        });
    });
  };

  return {
    async set(context, conversationId, isTyping) {
      const { viewer, connection } = context;
      await use(chatService).requireParticipant(viewer, conversationId);
      const user = await use(usersService).viewer(viewer);
      const speaker = speakerOf(viewer.workspace, conversationId, viewer.id);
      if (isTyping) await speaker.say(user, connection);
      else await speaker.end();
      return { conversationId, user, isTyping, expiresInMs: isTyping ? typingTtlMs : null };
    },

    async follow(context, conversationId) {
      const { workspace, id: viewerId } = context.viewer;
      const closers: (() => void)[] = [];
      const onReleased = () => closers.splice(0).forEach((close) => close());
      const queue = new TypingQueue({ conversationId, viewerId, now, onReleased });
      const closeWith = (close: () => void) => (queue.closed ? close() : void closers.push(close));
      try {
        const access = await watchConversation(context, conversationId, (error) =>
          queue.fail(error, 'at-once'),
        );
        closeWith(() => access.stop());
        const { instance: tracker, release } = acquireTracker(workspace, conversationId);
        closeWith(release);
        await tracker.join(queue);
        closeWith(() => tracker.leave(queue));
        return queue;
      } catch (error) {
        await queue.return();
        throw error;
      }
    },

    listen,

    close() {
      stopListening?.();
      for (const speaker of [...speakers.values()]) speaker.close();
      trackers.close();
    },
  };
}
