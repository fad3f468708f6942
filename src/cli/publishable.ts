// What can be published from a terminal: the publisher kit's methods, each by a short name, with what a call of it needs.
import type { Publisher } from '../publisher/index.ts';

export interface Publishable {
  /** What is typed. */
  readonly name: string;
  /** The kit's method and the schema's mutation, which may be typed as well. */
  readonly mutation: Exclude<keyof Publisher, 'request'>;
  /** null: none is needed. */
  readonly scope: string | null;
  /** By which the server knows a repetition; null: doing it twice is the same as once. */
  readonly key: 'idempotencyKey' | 'clientMessageId' | 'clientConversationId' | null;
}

const of = (
  name: string,
  mutation: Publishable['mutation'],
  scope: string | null,
  key: Publishable['key'] = null,
): Publishable => ({ name, mutation, scope, key });

export const publishables: readonly Publishable[] = [
  of('order', 'publishOrderUpdate', 'orders:publish', 'idempotencyKey'),
  of('booking', 'publishBookingUpdate', 'bookings:publish', 'idempotencyKey'),
  of('inventory', 'publishInventoryAlert', 'inventory:publish', 'idempotencyKey'),
  of('announcement', 'publishAnnouncement', 'announcements:publish', 'idempotencyKey'),
  of('room-event', 'publishRoomEvent', 'rooms:publish', 'idempotencyKey'),
  of('notification', 'sendNotification', 'notifications:send', 'idempotencyKey'),
  of('message', 'sendMessage', 'chat:write', 'clientMessageId'),
  of('conversation', 'createConversation', 'chat:write', 'clientConversationId'),
  of('add-participants', 'addParticipants', null),
  of('remove-participants', 'removeParticipants', null),
  of('users', 'upsertUsers', 'users:write'),
  of('grant-room', 'grantRoomAccess', 'rooms:manage'),
  of('revoke-room', 'revokeRoomAccess', 'rooms:manage'),
  of('revoke-sessions', 'revokeSessions', 'sessions:revoke'),
  of('erase-user', 'eraseUser', 'users:erase'),
];

export const findPublishable = (name: string): Publishable | undefined =>
  publishables.find((known) => known.name === name || known.mutation === name);
