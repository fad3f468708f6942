// What resolvers and services are given: the session behind the operation, and what the server runs on.
import type { Logger } from 'pino';
import type { Revocations } from '../auth/revocations.ts';
import type { Session } from '../auth/session.ts';
import type { Reader, Viewer } from '../auth/viewer.ts';
import type { DeliveryFigures } from './delivery-figures.ts';
import type { Engine } from '../engines/engine.ts';
import { Backlog } from '../streams/backlog.ts';
import type { Log } from '../streams/log.ts';
import type { Tails } from '../streams/tails.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Store } from '../store/store.ts';

/** What every module stands on. */
export interface Runtime {
  readonly store: Store;
  readonly log: Log;
  readonly tails: Tails;
  readonly engine: Engine;
  readonly logger: Logger;
  readonly revocations: Pick<Revocations, 'revoke' | 'isRevoked'>;
  readonly figures: NodeFigures;
  readonly deliveries: DeliveryFigures;
  readonly limits: RateLimits;
  /** Has every module remove the texts that it holds of a user. Harmless to repeat. */
  eraseTexts(user: { readonly workspace: string; readonly userId: string }): Promise<void>;
  /** The service of another module, or of one's own. Throws where its module is not part of this server. */
  use<T>(key: ServiceKey<T>): T;
}

/** What is open on this node. */
export interface NodeFigures {
  readonly total: OpenFigures;
  /** Of every workspace that has any. */
  readonly byWorkspace: ReadonlyMap<string, OpenFigures>;
}

export interface OpenFigures {
  /** WebSockets and event streams. */
  readonly connections: number;
  readonly subscriptions: number;
}

/** Names a service and carries its type. */
export interface ServiceKey<T> {
  readonly name: string;
  /** Never set: it only carries the type. */
  readonly service?: T;
}

export const serviceKey = <T>(name: string): ServiceKey<T> => ({ name });

/** The context of one operation: of one request, or of one subscription for as long as it lives. */
export interface Context {
  readonly session: Session;
  /** Whoever asks, as of now: a renewed token counts at once. Throws UNAUTHENTICATED without a token. */
  readonly viewer: Viewer;
  /** The same for what visitors without a token may read, where the server allows them. */
  readonly reader: Reader;
  readonly runtime: Runtime;
  /** What is known of the event that is being delivered. */
  readonly delivery: Delivery;
  /** What may wait for the connection of the operation, over all of its subscriptions. */
  readonly backlog: Backlog;
  /** The WebSocket connection of the operation; null over HTTP. */
  readonly connection: Connection | null;
  use<T>(key: ServiceKey<T>): T;
  /** One instance per operation, made at the first use. For loaders that batch within one execution. */
  once<T>(key: object, create: () => T): T;
}

export interface Delivery {
  /** When it was told, by its publisher's clock in milliseconds; null where it was read from the log, or is no event. */
  announcedAt: number | null;
}

export interface Connection {
  /** Unique among all nodes. */
  readonly id: string;
  /** Calls the listener when the connection has closed; answers the function that ends it. */
  onClosed(listener: () => void): () => void;
}

export function createContext(
  runtime: Runtime,
  session: Session,
  connection: Connection | null,
  backlog: Backlog = new Backlog(),
): Context {
  return new OperationContext(runtime, session, connection, backlog);
}

/** What every context has. Its parts are made at the first need: there is one for each subscription that lives. */
export abstract class BaseContext {
  readonly runtime: Runtime;
  readonly delivery: Delivery = { announcedAt: null };
  #instances: Map<object, unknown> | null = null;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  use<T>(key: ServiceKey<T>): T {
    return this.runtime.use(key);
  }

  once<T>(key: object, create: () => T): T {
    this.#instances ??= new Map();
    if (!this.#instances.has(key)) this.#instances.set(key, create());
    return this.#instances.get(key) as T;
  }
}

class OperationContext extends BaseContext implements Context {
  readonly session: Session;
  readonly connection: Connection | null;
  readonly backlog: Backlog;

  constructor(runtime: Runtime, session: Session, connection: Connection | null, backlog: Backlog) {
    super(runtime);
    this.session = session;
    this.connection = connection;
    this.backlog = backlog;
  }

  get viewer(): Viewer {
    return this.session.requireViewer();
  }

  get reader(): Reader {
    return this.session.requireReader();
  }
}
