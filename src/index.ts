// What a team's own server is made of: `createApp` with modules of one's own. Everything here the built-in modules use as
// well; there is nothing that only they can do. docs/adding-a-domain.md shows a module from table to subscription.
export { createApp, type App, type AppOptions } from './app.ts';
export { parseConfig, ConfigError, type Config, type Mode } from './config.ts';
export { badInput, notFound, TidingsError, type ErrorCode } from './errors.ts';

// Modules
export {
  provide,
  type OpenedModule,
  type ProvidedService,
  type TidingsModule,
  type UserRef,
} from './schema/module.ts';
export {
  serviceKey,
  type Connection,
  type Context,
  type NodeFigures,
  type OpenFigures,
  type Runtime,
  type ServiceKey,
} from './schema/context.ts';
export { quantileOf, type DeliveryFigures, type Histogram } from './schema/delivery-figures.ts';
export { printSchemaOf } from './modules/schema.ts';

// Types and fields
export { interfaceRef, objectRef, type Builder, type FieldTraits, type Types } from './schema/builder.ts';
export { connectionFields } from './schema/connection.ts';
export { watchAccess, type AccessWatch } from './schema/access-watch.ts';
export {
  guardSubscription,
  openEventStream,
  openVisitorStream,
  type AuthorizationClass,
  type EventStreamOptions,
} from './schema/event-stream.ts';
export * from './schema/input.ts';
export {
  parsePageCursor,
  placeMoment,
  placeText,
  placeUuid,
  toPage,
  toPageCursor,
  type Page,
} from './schema/page.ts';
export { idempotencyKeyDescription, publishedType } from './schema/publishing.ts';
export { readRecentEvents, recentEventsType, type RecentEvents } from './schema/recent-events.ts';
export { PageInfo, StreamEvent, type EntryOf, type PageInfoView } from './schema/scalars.ts';
export { afterDescription, streamCursor } from './schema/stream-cursor.ts';

// Who asks
export type { Revoked } from './auth/revocations.ts';
export { revokedSessions } from './auth/token-error.ts';
export {
  isStaff,
  requireOperator,
  requireScope,
  requireStaff,
  type Reader,
  type Viewer,
} from './auth/viewer.ts';

// Streams
export type { StreamPosition } from './streams/cursor.ts';
export type { Log } from './streams/log.ts';
export { noEvents, type EventFilter, type EventIndex } from './streams/event-filter.ts';
export type { LogEntry } from './streams/log-entry.ts';
export type { Taken, Write } from './streams/log-write.ts';
export { publishOnce, type Published, type PublishRequest } from './streams/publish-once.ts';
export { toTopic, type Topic } from './streams/topic.ts';

export {
  claimIdempotencyKey,
  forgetPublisher,
  toContentHash,
  type IdempotencyClaim,
} from './streams/idempotency.ts';
export { streamHeads } from './streams/log.tables.ts';
export { awaitWrites } from './streams/await-writes.ts';
export { lockHeads } from './streams/lock-heads.ts';
export { rewritePayloads, rewriteStreams, type Rewriting } from './streams/rewrite-payloads.ts';
export { SharedWork, Turns, type Work } from './streams/shared-work.ts';
export type { StreamSubscription } from './streams/subscribe.ts';

// Live state: the newest of each key, shared by those who follow it, over what joins the nodes
export { SharedInstances, type Acquired } from './schema/shared-instances.ts';
export { ConflatingQueue } from './streams/conflating-queue.ts';
export { PushIterator } from './streams/push-iterator.ts';
export type {
  Broker,
  Engine,
  ExpiringSets,
  Following,
  Nodes,
  OnlineUsers,
  Place,
  PresenceRegistry,
  PresenceSession,
  PresenceSetting,
  PresenceState,
  PresenceStatus,
} from './engines/engine.ts';

// Tables
export type { ConnectionFigures, MigrationFolder, Queries, Statement, Store } from './store/store.ts';
export { jsonColumn } from './store/json-column.ts';

// The built-in modules' services, for modules that stand on them
export { User } from './modules/users/users.schema.ts';
export {
  toUserView,
  usersService,
  type NamesFollower,
  type UserView,
} from './modules/users/users.service.ts';
export { requireCustomer, requireSameCustomer } from './modules/users/customers.ts';
export { eraseCustomer, type CustomerErasure } from './modules/users/erase-customer.ts';
export { users as usersTable } from './modules/users/users.tables.ts';
export { PresenceTracker } from './modules/presence/presence-tracker.ts';
export type { PresenceView, Profile } from './modules/presence/visible-presence.ts';
export { notificationsService } from './modules/notifications/notifications.service.ts';
export { requireDraft, toTitle, type NotificationDraft } from './modules/notifications/notification-draft.ts';
