// Revoked sessions. A revocation is a row; every node knows all of them, hears of a new one from the broker, looks for what
// it has not heard of, and says how far it has come. Whoever revokes waits until every node that lives has said so.
//
// A node that was frozen, or cut off, may have been taken for dead, and is not waited for any more. Until it has looked
// again after that, it delivers nothing that it has not looked after: see `confirm`.
import type { Logger } from 'pino';
import { TidingsError } from '../errors.ts';
import type { Engine, Following } from '../engines/engine.ts';
import type { Statement, Store } from '../store/store.ts';
import type { Viewer } from './viewer.ts';

export interface Revocation {
  readonly workspace: string;
  readonly userId: string;
  readonly revokedAt: Date;
  readonly number: number;
}

export interface RevocationsOptions {
  readonly store: Store;
  readonly engine: Pick<Engine, 'broker' | 'nodes'>;
  readonly logger: Logger;
  /** It looks for what it has not heard of so often. */
  readonly checkMs: number;
  /** Closes what the user's earlier tokens have opened on this node; answers how many connections. Must not throw. */
  onRevoked(revocation: Revocation): number;
}

export interface Revoked {
  /** On all nodes. */
  readonly closedConnections: number;
  /** Tokens issued before are refused. */
  readonly revokedAt: Date;
}

const channel = 'sessions-revoked';
/** The subject under which each node says how far it has come. */
const subject = 'sessions';
/** Between two looks at what the others have said. */
const pollMs = 50;
/** A node that lives and does not get on is told of after so long. */
const longestWaitMs = 30_000;
/** How many of the latest revocations a node tells the number of closed connections of. */
const toldOf = 100;

/** What a node says of itself. */
interface Report {
  /** It has carried out everything up to this number. */
  readonly applied: number;
  /** Connections closed, by the revocation's number. */
  readonly closed: Readonly<Record<string, number>>;
}

export class Revocations {
  readonly #options: RevocationsOptions;
  readonly #moments = new Map<string, number>();
  readonly #closed = new Map<number, number>();
  #applied = 0;
  /** Others may have taken this node for dead since it last looked. */
  #suspect = false;
  /** How often that may have happened: a look counts for those before it only. */
  #lapses = 0;
  #looking: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #following: Following | null = null;
  #stopListening = (): void => undefined;
  #ended = false;

  private constructor(options: RevocationsOptions) {
    this.#options = options;
  }

  /** Resolves when all that was revoked is known. Rejects where database or engine are away. */
  static async open(options: RevocationsOptions): Promise<Revocations> {
    const revocations = new Revocations(options);
    const { broker, nodes } = options.engine;
    revocations.#stopListening = nodes.onLapsed(() => {
      revocations.#suspect = true;
      revocations.#lapses += 1;
    });
    revocations.#following = await broker.follow(channel, {
      onMessage: () => void revocations.#lookQuietly(),
      onRestored: () => void revocations.#lookQuietly(),
    });
    await revocations.#look();
    revocations.#schedule();
    return revocations;
  }

  isRevoked({ workspace, id, issuedAt }: Pick<Viewer, 'workspace' | 'id' | 'issuedAt'>): boolean {
    const revokedAt = this.#moments.get(keyOf(workspace, id));
    return revokedAt !== undefined && issuedAt.getTime() < revokedAt;
  }

  /**
   * To be asked after something was read and before it is delivered. null where nobody can have revoked anything without
   * this node's word; else resolves when whatever was revoked before the call is carried out.
   */
  confirm(): Promise<void> | null {
    if (!this.#suspect && this.#options.engine.nodes.isAlive) return null;
    this.#suspect = true;
    return this.#look();
  }

  /**
   * Refuses all tokens of the user that were issued before now, and resolves when every node that lives has closed what
   * they had opened. Rejects with UNAVAILABLE where that can't be told; then it holds all the same, or can be repeated.
   */
  async revoke(workspace: string, userId: string): Promise<Revoked> {
    const { store, engine, logger } = this.#options;
    const revocation = await store.transaction(async (tx) => {
      // Numbers in the order of commits: whoever reads one has read those before it.
      await tx.run(takeTurn, [advisoryLock]);
      // By this node's clock, as it is with tokens that are used before they were issued.
      const [row] = await tx.run<Row>(insertRevocation, [workspace, userId, new Date().toISOString()]);
      if (row === undefined) throw new Error('A revocation was written and not returned.');
      return toRevocation(row);
    });
    engine.broker.publish(channel, String(revocation.number)).catch((error: unknown) => {
      logger.debug({ err: error }, 'a revocation could not be announced; the nodes look for it');
    });
    await this.#look();
    const closedConnections = await this.#untilEverywhere(revocation.number);
    return { closedConnections, revokedAt: revocation.revokedAt };
  }

  async close(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#stopListening();
    await this.#following?.unfollow();
    await this.#looking?.catch(() => undefined);
  }

  async #untilEverywhere(number: number): Promise<number> {
    const deadline = performance.now() + longestWaitMs;
    while (performance.now() < deadline) {
      const isComplete = await this.#nodesAreComplete();
      const reports = await this.#readReports();
      if (isComplete && reports.every((report) => (report?.applied ?? -1) >= number)) {
        return reports.reduce((sum, report) => sum + (report?.closed[String(number)] ?? 0), 0);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    throw notSure();
  }

  async #nodesAreComplete(): Promise<boolean> {
    try {
      return await this.#options.engine.nodes.isComplete();
    } catch (cause) {
      throw notSure(cause);
    }
  }

  async #readReports(): Promise<readonly (Report | null)[]> {
    try {
      const told = await this.#options.engine.nodes.read(subject);
      return [...told.values()].map((text) => (text === null ? null : (JSON.parse(text) as Report)));
    } catch (cause) {
      throw notSure(cause);
    }
  }

  /** Reads what was revoked by the time of the call, at the earliest. Calls that come while one is under way share the next. */
  #look(): Promise<void> {
    if (this.#looking === null) {
      this.#looking = this.#read().finally(() => (this.#looking = null));
      return this.#looking;
    }
    this.#next ??= this.#looking
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#look();
      });
    return this.#next;
  }

  async #read(): Promise<void> {
    const { store, engine } = this.#options;
    const [wasAlive, lapses] = [engine.nodes.isAlive, this.#lapses];
    const rows = await store.queries.run<Row>(selectRevocations, [this.#applied]);
    const newest = rows[0]?.newest ?? 0;
    // The database went back to an earlier state: what it holds now is what counts.
    if (newest < this.#applied) {
      this.#applied = 0;
      return this.#read();
    }
    for (const row of rows) if (row.number !== null) this.#apply(toRevocation(row));
    if (wasAlive && engine.nodes.isAlive && lapses === this.#lapses) this.#suspect = false;
    await this.#report();
  }

  #apply(revocation: Revocation): void {
    const { workspace, userId, revokedAt, number } = revocation;
    this.#moments.set(keyOf(workspace, userId), revokedAt.getTime());
    this.#applied = number;
    this.#closed.set(number, this.#options.onRevoked(revocation));
    for (const old of this.#closed.keys()) {
      if (this.#closed.size <= toldOf) break;
      this.#closed.delete(old);
    }
  }

  /** A report that does not arrive is told again with the next look. */
  async #report(): Promise<void> {
    const report: Report = { applied: this.#applied, closed: Object.fromEntries(this.#closed) };
    try {
      await this.#options.engine.nodes.report(subject, JSON.stringify(report));
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'it could not be told how far revocations were carried out');
    }
  }

  async #lookQuietly(): Promise<void> {
    try {
      await this.#look();
    } catch (error) {
      if (!this.#ended) this.#options.logger.warn({ err: error }, 'revoked sessions cannot be read');
    }
  }

  #schedule(): void {
    if (this.#ended) return;
    this.#timer = setTimeout(
      () => void this.#lookQuietly().finally(() => this.#schedule()),
      this.#options.checkMs,
    );
    this.#timer.unref();
  }
}

const notSure = (cause?: unknown): TidingsError =>
  new TidingsError(
    'UNAVAILABLE',
    'The sessions are revoked, but it can not be told whether every node has closed them yet. Repeat the request to be sure.',
    { cause, retryAfterMs: 1_000 },
  );

const keyOf = (workspace: string, userId: string): string => JSON.stringify([workspace, userId]);

interface Row {
  readonly workspace: string;
  readonly user_id: string;
  readonly revoked_at: Date;
  readonly number: number;
  readonly newest: number;
}

const toRevocation = ({ workspace, user_id, revoked_at, number }: Row): Revocation => ({
  workspace,
  userId: user_id,
  revokedAt: revoked_at,
  number,
});

/** "revo" in ASCII, beside the numbers of migrate.ts, node-claim.ts and retention.ts. */
const advisoryLock = 0x7265766f;

const takeTurn: Statement = {
  name: 'take_turn_of_revocations',
  text: `select pg_advisory_xact_lock($1::bigint)`,
};

const insertRevocation: Statement = {
  name: 'insert_session_revocation',
  text: `
    insert into session_revocations (workspace, user_id, revoked_at, number)
    select $1, $2, $3::timestamptz, coalesce(max(number), 0) + 1 from session_revocations
    on conflict (workspace, user_id) do update
      set revoked_at = greatest(session_revocations.revoked_at, excluded.revoked_at), number = excluded.number
    returning workspace, user_id, revoked_at, number`,
};

/** One row at least, which tells the newest number. */
const selectRevocations: Statement = {
  name: 'select_session_revocations',
  text: `
    select found.workspace, found.user_id, found.revoked_at, found.number, known.newest
    from (select coalesce(max(number), 0) as newest from session_revocations) as known
    left join session_revocations as found on found.number > $1::bigint
    order by found.number`,
};
