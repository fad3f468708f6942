import type { GraphQLSchema } from 'graphql';
import type { FanOut } from '../fanout/fan-out.ts';
import type { Runtime } from '../schema/context.ts';
import type { Authenticator } from './authenticate.ts';
import type { ClientErrors } from './client-errors.ts';
import type { ConnectionBook } from './connection-book.ts';
import type { Documents } from './documents.ts';
import type { OperationCosts } from './operation-cost.ts';
import type { PersistedOperations } from './persisted-operations.ts';
import type { TransportFigures } from './transport-figures.ts';

/** What operations are carried out with, whether they come over HTTP or over a WebSocket. */
export interface OperationOptions {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly costs: OperationCosts;
  /** null: operations are sent as texts. */
  readonly persisted: PersistedOperations | null;
  readonly runtime: Runtime;
  readonly authenticator: Authenticator;
  readonly clientErrors: ClientErrors;
  /** null: each subscription is executed for itself, by graphql-js alone. */
  readonly fanOut: FanOut | null;
  readonly book: ConnectionBook;
  readonly figures: TransportFigures;
  /** Asked before anything is carried out or told, see Revocations. */
  readonly confirm: () => Promise<void> | null;
}
