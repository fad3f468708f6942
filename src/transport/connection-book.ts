// Everything that is open on this node: WebSockets and event streams, whose they are, and how many subscriptions they have.
import { revokedSessions, type TokenError } from '../auth/token-error.ts';
import type { Session } from '../auth/session.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { NodeFigures, OpenFigures } from '../schema/context.ts';
import { ConnectionRefused } from './connection-refused.ts';
import { Tally, type Leave } from './tally.ts';

/** Of one connection: no other has the same. */
type ItsSession = Pick<Session, 'viewer' | 'workspace'>;

export interface OpenConnection {
  /** Tells the client why, and ends it. Must not throw. */
  onRevoked(error: TokenError): void;
}

export interface ConnectionBookOptions {
  /** Whether the token of this viewer is refused by now. */
  isRevoked(viewer: Viewer): boolean;
  /** Connections that one user, or service, may have open. */
  readonly maxPerUser: number;
}

interface Counts {
  connections: number;
  subscriptions: number;
}

export class ConnectionBook implements NodeFigures {
  readonly #options: ConnectionBookOptions;
  readonly #open = new Map<ItsSession, OpenConnection>();
  readonly #counts = new Map<string, Counts>();
  /** Connections by workspace and user. */
  readonly #byUser = new Tally();

  constructor(options: ConnectionBookOptions) {
    this.#options = options;
  }

  /** Counts one more of the user, from before it is opened until the answer is called. Throws ConnectionRefused. */
  enter(session: ItsSession): Leave {
    const user = userOf(session);
    if (user === null) return () => undefined;
    const { maxPerUser } = this.#options;
    if (this.#byUser.of(user) >= maxPerUser) throw new ConnectionRefused('user', maxPerUser);
    return this.#byUser.enter(user);
  }

  /** One whose token was revoked while it was being opened is ended at once. */
  add(session: ItsSession, connection: OpenConnection): void {
    this.#open.set(session, connection);
    this.#count(session, 'connections', 1);
    if (this.isRefused(session)) connection.onRevoked(revokedSessions());
  }

  /** May be called again, and for what was never added. */
  remove(session: ItsSession): void {
    if (this.#open.delete(session)) this.#count(session, 'connections', -1);
  }

  /** To be counted out again, all of them. */
  countSubscriptions(session: ItsSession, more: number): void {
    if (more !== 0) this.#count(session, 'subscriptions', more);
  }

  /** Ends those of the user whose tokens are refused by now; answers how many. */
  endRevoked(workspace: string, userId: string): number {
    const ended = [...this.#open].filter(
      ([session]) =>
        session.viewer?.id === userId && session.workspace === workspace && this.isRefused(session),
    );
    for (const [, connection] of ended) connection.onRevoked(revokedSessions());
    return ended.length;
  }

  /** Whether the token behind it is refused by now. */
  isRefused({ viewer }: ItsSession): boolean {
    return viewer !== null && this.#options.isRevoked(viewer);
  }

  get total(): OpenFigures {
    let [connections, subscriptions] = [0, 0];
    for (const counts of this.#counts.values()) {
      connections += counts.connections;
      subscriptions += counts.subscriptions;
    }
    return { connections, subscriptions };
  }

  /** Of every workspace that has any. */
  get byWorkspace(): ReadonlyMap<string, OpenFigures> {
    return this.#counts;
  }

  #count({ workspace }: ItsSession, what: keyof Counts, more: number): void {
    const counts = this.#counts.get(workspace) ?? { connections: 0, subscriptions: 0 };
    counts[what] += more;
    if (counts.connections + counts.subscriptions === 0) this.#counts.delete(workspace);
    else this.#counts.set(workspace, counts);
  }
}

/** null: a visitor, who is nobody in particular. */
const userOf = ({ viewer, workspace }: ItsSession): string | null =>
  viewer === null ? null : JSON.stringify([workspace, viewer.id]);
