// Users in the schema: whoever asks, names told by a backend, and the renewal of a connection's token.
import { requireScope } from '../../auth/viewer.ts';
import type { Revoked } from '../../auth/revocations.ts';

import { objectRef, type Builder } from '../../schema/builder.ts';
import { usersService, type UserView } from './users.service.ts';

export const User = objectRef<UserView>('User');

export function defineUsers(builder: Builder): void {
  builder.objectType(User, {
    description: 'A person, or a service that acts like one.',
    fields: (t) => ({
      id: t.exposeID('id', { description: "The user's id: the `sub` of their tokens." }),
      name: t.exposeString('name', {
        description: "From the user's last token or from upsertUsers; the id until one of them has told.",
      }),
      avatarUrl: t.exposeString('avatarUrl', {
        nullable: true,
        description: 'An address of a picture; null until a token or upsertUsers has told.',
      }),
    }),
  });

  builder.queryField('viewer', (t) =>
    t.field({
      type: User,
      description: 'Whoever the token of this request speaks for.',
      resolve: (_root, _args, context) => context.use(usersService).viewer(context.viewer),
    }),
  );

  const RevokeSessionsPayload = builder.objectRef<Revoked>('RevokeSessionsPayload').implement({
    description: 'What has become of the sessions.',
    fields: (t) => ({
      closedConnections: t.exposeInt('closedConnections', {
        description: 'WebSockets and event streams that were open, on all nodes.',
      }),
    }),
  });
  builder.mutationField('revokeSessions', (t) =>
    t.field({
      rate: 'publish',
      type: RevokeSessionsPayload,
      description:
        'Ends all sessions of a user: tokens issued (`iat`) before now are refused, and every connection that they have ' +
        'opened is closed with 4401. Answers when every node has done so: what is published from then on reaches none of ' +
        'them, and tokens issued from then on count. Needs the scope sessions:revoke.',
      args: { userId: t.arg.id({ required: true, description: 'Whose sessions.' }) },
      resolve: (_root, { userId }, context) => {
        requireScope(context.viewer, 'sessions:revoke');
        return context.use(usersService).revokeSessions(context.viewer, userId);
      },
    }),
  );

  const EraseUserPayload = builder.objectRef<{ readonly userId: string }>('EraseUserPayload').implement({
    description: 'Who was erased.',
    fields: (t) => ({ userId: t.exposeID('userId', { description: 'The user.' }) }),
  });
  builder.mutationField('eraseUser', (t) =>
    t.field({
      rate: 'publish',
      type: EraseUserPayload,
      description:
        'Erases what is known of a user: message texts, attachments, titles, notifications, presence, name and picture are gone ' +
        'from tables and log, with what they have published in rooms, and the notes, tracking numbers and `data` of their ' +
        'orders and bookings; and their sessions end as by revokeSessions. The id stays where it stood, so that ' +
        'conversations and streams stay whole. Harmless to repeat: do so after an error. Needs the scope users:erase.',
      args: { userId: t.arg.id({ required: true, description: 'Whom to erase.' }) },
      resolve: async (_root, { userId }, context) => {
        requireScope(context.viewer, 'users:erase');
        await context.use(usersService).erase(context.viewer, userId);
        return { userId };
      },
    }),
  );

  const UserInput = builder.inputType('UserInput', {
    description: 'What is known of a user.',
    fields: (t) => ({
      id: t.id({ required: true, description: "The user's id: the `sub` of their tokens." }),
      name: t.string({ required: true, description: 'The name to show, 1 to 256 characters.' }),
      avatarUrl: t.string({ description: 'An https address of a picture. Left out: it stays as it is.' }),
    }),
  });
  const UpsertUsersPayload = builder
    .objectRef<{ users: readonly UserView[] }>('UpsertUsersPayload')
    .implement({
      description: 'The users as they are known now.',
      fields: (t) => ({
        users: t.field({
          type: [User],
          description: 'In the order given.',
          resolve: ({ users }) => [...users],
        }),
      }),
    });
  builder.mutationField('upsertUsers', (t) =>
    t.field({
      rate: 'publish',
      type: UpsertUsersPayload,
      description: 'Tells names and pictures of users, at most 500 at a time. Needs the scope users:write.',
      args: { users: t.arg({ type: [UserInput], required: true, description: 'Each user once.' }) },
      resolve: async (_root, { users }, context) => {
        requireScope(context.viewer, 'users:write');
        return { users: await context.use(usersService).upsert(context.viewer, users) };
      },
    }),
  );

  const RenewSessionPayload = builder.objectRef<{ expiresAt: Date }>('RenewSessionPayload').implement({
    description: 'How long the connection stays authenticated now.',
    fields: (t) => ({
      expiresAt: t.field({
        type: 'DateTime',
        description: 'When the new token expires; renew again before.',
        resolve: ({ expiresAt }) => expiresAt,
      }),
    }),
  });
  builder.mutationField('renewSession', (t) =>
    t.field({
      type: RenewSessionPayload,
      description:
        "Over a WebSocket: replaces the connection's token by a newer one of the same user, without interrupting anything. " +
        'Subscriptions that the new token no longer allows end with FORBIDDEN.',
      args: { token: t.arg.string({ required: true, description: 'The new token.' }) },
      resolve: async (_root, { token }, { session }) => ({
        expiresAt: (await session.renew(token)).expiresAt,
      }),
    }),
  );
}
