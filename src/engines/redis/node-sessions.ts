// What this node wants Redis to hold: its own presence sessions, and what their users have set. Redis may forget;
// this is what it is told again.

import type { PresenceSession } from '../engine.ts';
import { type Member, type PlaceKind, toMember } from './redis-keys.ts';

export interface NodeSession {
  readonly member: Member;
  readonly sessionId: string;
  phase: 'live' | 'leaving';
}

export class NodeSessions {
  readonly #sessions = new Map<string, NodeSession>();
  /** Users with a session here, and the newest setting of theirs that this node knows of. */
  readonly #users = new Map<Member, { sessions: number; setting: string }>();

  /** Answers the session as it is kept; undefined where `leaving` is said of one that is not. */
  track(kind: PlaceKind, session: PresenceSession, phase: 'live' | 'leaving'): NodeSession | undefined {
    const known = this.#sessions.get(session.sessionId);
    if (known !== undefined) {
      known.phase = phase;
      return known;
    }
    if (phase === 'leaving') return undefined;
    const added: NodeSession = {
      member: toMember({ kind, ...session }),
      sessionId: session.sessionId,
      phase,
    };
    this.#sessions.set(added.sessionId, added);
    const user = this.#users.get(added.member);
    if (user === undefined) this.#users.set(added.member, { sessions: 1, setting: '' });
    else user.sessions += 1;
    return added;
  }

  untrack(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#sessions.delete(sessionId);
    const user = this.#users.get(session.member);
    if (user !== undefined && --user.sessions === 0) this.#users.delete(session.member);
  }

  has(session: NodeSession): boolean {
    return this.#sessions.get(session.sessionId) === session;
  }

  all(): NodeSession[] {
    return [...this.#sessions.values()];
  }

  /** The user's setting as JSON, '' for none. */
  settingOf(member: Member): string {
    return this.#users.get(member)?.setting ?? '';
  }

  /** Remembers a setting that was set here or heard of, unless a newer one is known or the user has no session here. */
  learn(member: Member, setting: string): void {
    const user = this.#users.get(member);
    if (user === undefined || setting === '' || user.setting === setting) return;
    if (user.setting === '' || setAtOf(user.setting) <= setAtOf(setting)) user.setting = setting;
  }
}

/** ISO 8601 as JavaScript writes it: the order of the strings is the order in time. */
const setAtOf = (setting: string): string => (JSON.parse(setting) as { readonly setAt: string }).setAt;
