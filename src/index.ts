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
  type Runtime,
  type ServiceKey,
} from './schema/context.ts';
export { printSchemaOf } from './modules/schema.ts';

// Types and fields
export { interfaceRef, objectRef, type Builder, type FieldTraits, type Types } from './schema/builder.ts';
export { connectionFields } from './schema/connection.ts';
export { openEventStream, type AuthorizationClass, type EventStreamOptions } from './schema/event-stream.ts';
export * from './schema/input.ts';
export { parsePageCursor, placeMoment, placeText, placeUuid, toPage, type Page } from './schema/page.ts';
export { readRecentEvents, type RecentEvents } from './schema/recent-events.ts';
export { PageInfo, StreamEvent, type EntryOf } from './schema/scalars.ts';
export { afterDescription, streamCursor } from './schema/stream-cursor.ts';

// Who asks
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
export type { LogEntry } from './streams/log-entry.ts';
export type { Taken, Write } from './streams/log-write.ts';
export { publishOnce, type Published, type PublishRequest } from './streams/publish-once.ts';
export { toTopic, type Topic } from './streams/topic.ts';

// Tables
export type { MigrationFolder, Queries, Statement, Store } from './store/store.ts';
export { jsonColumn } from './store/json-column.ts';

// The built-in modules' services, for modules that stand on them
export { User } from './modules/users/users.schema.ts';
export { toUserView, usersService, type UserView } from './modules/users/users.service.ts';
export { notificationsService } from './modules/notifications/notifications.service.ts';
export type { NotificationDraft } from './modules/notifications/notification-draft.ts';
