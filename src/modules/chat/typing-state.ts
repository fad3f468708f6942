// Who is typing in one conversation, as far as is known, and until when: pure, with the time as an argument
// (milliseconds of a monotonic clock).
import { toTopic } from '../../streams/topic.ts';
import type { UserView } from '../users/users.service.ts';

/** Typing lapses after so long unless it is renewed. */
export const typingTtlMs = 6_000;

/** Names both the channel of changes and the expiring set of those who are typing. */
export const typingChannel = (workspace: string, conversationId: string): string =>
  toTopic({ workspace, kind: 'typing', key: conversationId });

/** What nodes tell each other. */
export type TypingMessage =
  | { readonly user: UserView; readonly expiresInMs: number }
  /** Stopped. Whoever tells it may not know the name. */
  | { readonly userId: string; readonly expiresInMs: null };

export interface TypingChange {
  readonly user: UserView;
  /** null where the user has stopped. */
  readonly expiresAt: number | null;
}

/**
 * A member of the expiring set: what a user says through one connection, so that one that closes doesn't end what was
 * said through another. All HTTP requests of a user are one.
 */
export const toMember = (userId: string, connectionId: string | null): string =>
  JSON.stringify([userId, connectionId]);

/** The users of the set, each until the last of what they have said lapses. */
export function toTypists(
  members: readonly { readonly member: string; readonly expiresInMs: number }[],
): ReadonlyMap<string, number> {
  const typists = new Map<string, number>();
  for (const { member, expiresInMs } of members) {
    const userId = userOf(member);
    typists.set(userId, Math.max(expiresInMs, typists.get(userId) ?? 0));
  }
  return typists;
}

export const userOf = (member: string): string => (JSON.parse(member) as [string, string | null])[0];

export class TypingState {
  readonly #typists = new Map<string, { readonly user: UserView; readonly expiresAt: number }>();

  get typists(): readonly { readonly user: UserView; readonly expiresAt: number }[] {
    return [...this.#typists.values()];
  }

  start(user: UserView, expiresAt: number): TypingChange {
    this.#typists.set(user.id, { user, expiresAt });
    return { user, expiresAt };
  }

  /** null for whoever was not typing. */
  stop(userId: string): TypingChange | null {
    const typist = this.#typists.get(userId);
    this.#typists.delete(userId);
    return typist === undefined ? null : { user: typist.user, expiresAt: null };
  }

  /** Removes those whose typing has lapsed, and answers that they have stopped. */
  lapse(now: number): TypingChange[] {
    const lapsed = this.typists.filter(({ expiresAt }) => expiresAt <= now);
    for (const { user } of lapsed) this.#typists.delete(user.id);
    return lapsed.map(({ user }) => ({ user, expiresAt: null }));
  }

  /** null while nobody is typing. */
  get nextLapseAt(): number | null {
    const moments = this.typists.map(({ expiresAt }) => expiresAt);
    return moments.length === 0 ? null : Math.min(...moments);
  }
}
