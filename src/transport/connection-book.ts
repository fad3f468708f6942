// Everything that is open on this node: WebSockets and event streams, whose they are, and how many subscriptions they have.
import { revokedSessions, type TokenError } from '../auth/token-error.ts';
import type { Session } from '../auth/session.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { NodeFigures, OpenFigures } from '../schema/context.ts';

export interface OpenConnection {
  readonly session: Pick<Session, 'viewer' | 'workspace'>;
  /** Tells the client why, and ends it. Must not throw. */
  end(error: TokenError): void;
}

export interface ConnectionBookOptions {
  /** Whether the token of this viewer is refused by now. */
  isRevoked(viewer: Viewer): boolean;
}

interface Counts {
  connections: number;
  subscriptions: number;
}

export class ConnectionBook implements NodeFigures {
  readonly #options: ConnectionBookOptions;
  readonly #open = new Set<OpenConnection>();
  readonly #counts = new Map<string, Counts>();

  constructor(options: ConnectionBookOptions) {
    this.#options = options;
  }

  /** Ends with the function it answers. One whose token was revoked while it was being opened is ended at once. */
  add(connection: OpenConnection): () => void {
    this.#open.add(connection);
    const stopCounting = this.#count(workspaceOf(connection), 'connections');
    if (this.#isRevoked(connection)) connection.end(revokedSessions());
    return () => {
      if (this.#open.delete(connection)) stopCounting();
    };
  }

  /** Ends with the function it answers, which may be called again. */
  addSubscription(of: Pick<OpenConnection, 'session'>): () => void {
    return this.#count(workspaceOf(of), 'subscriptions');
  }

  /** Ends those of the user whose tokens are refused by now; answers how many. */
  endRevoked(workspace: string, userId: string): number {
    const ended = [...this.#open].filter(
      (connection) =>
        connection.session.viewer?.id === userId &&
        workspaceOf(connection) === workspace &&
        this.#isRevoked(connection),
    );
    for (const connection of ended) connection.end(revokedSessions());
    return ended.length;
  }

  /** Whether the token behind it is refused by now. */
  isRefused(session: OpenConnection['session']): boolean {
    return this.#isRevoked({ session });
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

  #isRevoked({ session: { viewer } }: Pick<OpenConnection, 'session'>): boolean {
    return viewer !== null && this.#options.isRevoked(viewer);
  }

  #count(workspace: string, what: keyof Counts): () => void {
    const counts = this.#counts.get(workspace) ?? { connections: 0, subscriptions: 0 };
    this.#counts.set(workspace, counts);
    counts[what] += 1;
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      counts[what] -= 1;
      const isEmpty = counts.connections + counts.subscriptions === 0;
      if (isEmpty && this.#counts.get(workspace) === counts) this.#counts.delete(workspace);
    };
  }
}

const workspaceOf = ({ session }: Pick<OpenConnection, 'session'>): string => session.workspace;
