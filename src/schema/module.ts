// A module: one domain, from its types to its service. The built-in ones are written with the same interface that a
// team's own use.
import type { Builder } from './builder.ts';
import type { Context, Runtime, ServiceKey } from './context.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { PresenceSetting } from '../engines/engine.ts';
import type { MigrationFolder } from '../store/store.ts';

export interface TidingsModule {
  readonly name: string;
  /** Its tables, made by drizzle-kit: applied at each start where they are new. */
  readonly migrations?: MigrationFolder;
  /** Adds its types and fields to the schema. Does nothing else. */
  define(builder: Builder): void;
  /** Makes its services, once per server. They may use those of other modules when they are called, not before. */
  open?(runtime: Runtime): OpenedModule;
}

export interface OpenedModule {
  readonly services: readonly ProvidedService[];
  /** Called once, when the services of all modules are there. */
  onReady?(): void;
  /** Called when a viewer has been authenticated, by a request or a connection. */
  onAuthenticated?(viewer: Viewer): Promise<void>;
  /** Called when a WebSocket connection has been acknowledged. `context.connection` is there. */
  onConnected?(context: Context): void;
  /** Called on every node when the sessions of a user have been revoked: forget what their tokens have told. Must not throw. */
  onSessionsRevoked?(user: UserRef): void;
  /**
   * Called on one node when a user is to be erased: removes the texts that the module holds of the user, from tables and
   * log. Harmless to repeat: where it rejects, the whole erasure is asked for again.
   */
  onUserErased?(user: UserRef): Promise<void>;
  /** Called on one node when a user's last presence session anywhere has ended, with what the user had set. */
  onUserGone?(user: UserRef, setting: PresenceSetting | null): void;
  /**
   * For tests: resolves when what it does by itself, behind what has been answered, is done; but for what it holds back on
   * purpose, for a while.
   */
  settled?(): Promise<void>;
  /** Called once when the server begins to drain: whoever leaves from now on goes on at another node. Must not throw. */
  onDraining?(): void;
  /**
   * Called when the server is about to close and nobody is connected any more: resolves when what it holds back on purpose, for a
   * while, is over. It is closed without that where there is no time to wait.
   */
  lingered?(): Promise<void>;
  close?(): Promise<void>;
}

export interface UserRef {
  readonly workspace: string;
  readonly userId: string;
}

export interface ProvidedService {
  readonly key: ServiceKey<unknown>;
  readonly service: unknown;
}

export const provide = <T>(key: ServiceKey<T>, service: T): ProvidedService => ({ key, service });
