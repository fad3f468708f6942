// One subscription to typing: the newest of each user, without the viewer's own, and without the end of what this
// subscriber was never shown.
import { PushIterator } from '../../streams/push-iterator.ts';
import type { UserView } from '../users/users.service.ts';
import type { TypingChange } from './typing-state.ts';

export interface TypingView {
  readonly conversationId: string;
  readonly user: UserView;
  readonly isTyping: boolean;
  /** null where isTyping is false. */
  readonly expiresInMs: number | null;
}

export interface TypingQueueOptions {
  readonly conversationId: string;
  readonly viewerId: string;
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Called once, when the subscription is over. Must not throw. */
  onReleased(): void;
}

export class TypingQueue extends PushIterator<TypingView> {
  readonly #options: TypingQueueOptions;
  readonly #pending = new Map<string, TypingChange>();
  /** Whom the subscriber has been shown typing. */
  readonly #shown = new Set<string>();

  constructor(options: TypingQueueOptions) {
    super();
    this.#options = options;
  }

  push(change: TypingChange): void {
    if (this.closed || change.user.id === this.#options.viewerId) return;
    this.#pending.set(change.user.id, change);
    this.wake();
  }

  protected take(): TypingView | undefined {
    const { conversationId, now } = this.#options;
    for (const [userId, { user, expiresAt }] of this.#pending) {
      this.#pending.delete(userId);
      // Who was slow to ask may find it lapsed.
      const expiresInMs = expiresAt === null ? 0 : Math.ceil(expiresAt - now());
      if (expiresInMs > 0) {
        this.#shown.add(userId);
        return { conversationId, user, isTyping: true, expiresInMs };
      }
      if (this.#shown.delete(userId)) return { conversationId, user, isTyping: false, expiresInMs: null };
    }
    return undefined;
  }

  protected release(): void {
    this.#options.onReleased();
  }
}
