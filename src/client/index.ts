// `tidings/client`: the client, and the typed documents of all operations.
export * from './generated.ts';
export { ConnectionClosedError } from './client-errors.ts';
export type { ConnectionState, CloseReason } from './connection-state.ts';
export type { SessionTimings } from './socket-session.ts';
export type { CursorQueries, CursorQuery } from './start-cursors.ts';
export {
  createTidingsClient,
  type Follower,
  type TidingsClient,
  type TidingsClientOptions,
} from './tidings-client.ts';
export type { TokenInput } from './token-source.ts';
