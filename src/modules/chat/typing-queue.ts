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

/**
 * By what it tells of. The same object for all who are told the same: fan-out makes one result of it. What is left of the time
 * differs by milliseconds between them.
 */
const views = new WeakMap<TypingChange, TypingView>();

function viewOf(change: TypingChange, conversationId: string, expiresInMs: number | null): TypingView {
  const known = views.get(change);
  if (known?.expiresInMs === expiresInMs) return known;
  const view = { conversationId, user: change.user, isTyping: expiresInMs !== null, expiresInMs };
  views.set(change, view);
  return view;
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
    for (const [userId, change] of this.#pending) {
      const { expiresAt } = change;
      this.#pending.delete(userId);
      // Who was slow to ask may find it lapsed.
      const expiresInMs = expiresAt === null ? 0 : Math.ceil(expiresAt - now());
      if (expiresInMs > 0) {
        this.#shown.add(userId);
        return viewOf(change, conversationId, expiresInMs);
      }
      if (this.#shown.delete(userId)) return viewOf(change, conversationId, null);
    }
    return undefined;
  }

  protected release(): void {
    this.#options.onReleased();
  }
}
