// Rooms in the schema: authorize, call, return.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { recentEventsType } from '../../schema/recent-events.ts';
import { requireId } from '../../schema/input.ts';
import { StreamEvent } from '../../schema/scalars.ts';
import { idempotencyKeyDescription, publishedType } from '../../schema/publishing.ts';
import { afterDescription } from '../../schema/stream-cursor.ts';
import { User } from '../users/users.schema.ts';
import type { RoomAccessChange } from './room-access.ts';
import type { RoomPresenceView } from './room-queue.ts';
import { roomsService, type RoomEventEntry } from './rooms.service.ts';

const RoomPresence = objectRef<RoomPresenceView>('RoomPresence');
const RoomEvent = objectRef<RoomEventEntry>('RoomEvent');

const roomDescription = 'The room: any name of 1 to 256 characters that the application gives it.';

export function defineRooms(builder: Builder): void {
  defineTypes(builder);
  defineQueries(builder);
  definePublishing(builder);
  defineAccess(builder);
  defineSubscriptions(builder);
}

function defineTypes(builder: Builder): void {
  builder.objectType(RoomPresence, {
    description:
      'Who is in a room. The first event is the current membership; each further one is a change. Joins and leaves of one ' +
      'moment travel together.',
    fields: (t) => ({
      room: t.exposeID('room', { description: 'The room.' }),
      count: t.exposeInt('count', { description: 'How many users are there.' }),
      members: t.field({
        type: [User],
        description: 'At most the 100 members who joined first.',
        resolve: ({ members }) => [...members],
      }),
      joined: t.field({
        type: [User],
        description: 'Who has joined since the event before; nobody in the first.',
        resolve: ({ joined }) => [...joined],
      }),
      left: t.field({
        type: [User],
        description: 'Who has left since the event before; nobody in the first.',
        resolve: ({ left }) => [...left],
      }),
    }),
  });

  builder.objectType(RoomEvent, {
    description: 'Something that was told in a room.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      room: t.id({ description: 'The room.', resolve: ({ payload }) => payload.room }),
      name: t.string({
        description: 'The application\'s own event name, for example "task.completed".',
        resolve: ({ payload }) => payload.name,
      }),
      data: t.field({
        type: 'JSON',
        nullable: true,
        description: 'What else there is to it.',
        resolve: ({ payload }) => payload.data,
      }),
      sender: t.field({
        type: User,
        nullable: true,
        description: 'Who has told it; null where a backend service published it.',
        resolve: ({ payload }) => payload.sender,
      }),
    }),
  });
}

function defineQueries(builder: Builder): void {
  const RoomEventList = recentEventsType(builder, 'RoomEventList', {
    type: RoomEvent,
    description: 'The newest events first.',
    nodes: 'The events, as far back as they are kept.',
    cursor: "Where the room's stream stands: subscribe to roomEvent `after` it.",
  });
  builder.queryFields((t) => ({
    roomPresence: t.field({
      type: RoomPresence,
      description: 'Who is in a room now. For whoever may enter it; NOT_FOUND for everybody else.',
      args: { room: t.arg.id({ required: true, description: roomDescription }) },
      resolve: (_root, { room }, context) => context.use(roomsService).readMembers(context.viewer, room),
    }),
    roomEvents: t.field({
      type: RoomEventList,
      description: 'What was told in a room lately. For whoever may enter it; NOT_FOUND for everybody else.',
      args: {
        room: t.arg.id({ required: true, description: roomDescription }),
        first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }),
      },
      resolve: (_root, args, context) => context.use(roomsService).listEvents(context.viewer, args),
    }),
  }));
}

function definePublishing(builder: Builder): void {
  const PublishRoomEventInput = builder.inputType('PublishRoomEventInput', {
    description: 'Something to tell in a room.',
    fields: (t) => ({
      room: t.id({ required: true, description: roomDescription }),
      name: t.string({
        required: true,
        description: 'The application\'s own event name, for example "task.completed": 1 to 128 characters.',
      }),
      data: t.field({ type: 'JSON', description: 'What else there is to it, at most 64 KiB.' }),
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    }),
  });
  const PublishRoomEventPayload = publishedType(builder, 'PublishRoomEventPayload', {
    type: RoomEvent,
    as: 'event',
    description: "The event, as the room's followers receive it.",
  });
  builder.mutationField('publishRoomEvent', (t) =>
    t.field({
      rate: 'message',
      type: PublishRoomEventPayload,
      description:
        'Tells something in a room. For whoever may enter it, and for services with the scope rooms:publish; NOT_FOUND for ' +
        'everybody else.',
      args: { input: t.arg({ type: PublishRoomEventInput, required: true, description: 'The event.' }) },
      resolve: (_root, { input }, context) => context.use(roomsService).publishEvent(context.viewer, input),
    }),
  );
}

function defineAccess(builder: Builder): void {
  const RoomAccessInput = builder.inputType('RoomAccessInput', {
    description: 'A room and whom it is about.',
    fields: (t) => ({
      room: t.id({ required: true, description: roomDescription }),
      userIds: t.idList({
        required: true,
        description: 'The users, 1 to 500. Users never seen before are fine.',
      }),
    }),
  });
  const RoomAccessPayload = builder.objectRef<RoomAccessChange>('RoomAccessPayload').implement({
    description: 'What was changed.',
    fields: (t) => ({
      room: t.exposeID('room', { description: 'The room.' }),
      userIds: t.idList({
        description: 'Whom it is about, repetitions left out.',
        resolve: ({ userIds }) => [...userIds],
      }),
    }),
  });
  builder.mutationFields((t) => ({
    grantRoomAccess: t.field({
      rate: 'publish',
      type: RoomAccessPayload,
      description: 'Lets users enter a room, also after access was revoked. Needs the scope rooms:manage.',
      args: {
        input: t.arg({ type: RoomAccessInput, required: true, description: 'The room and the users.' }),
      },
      resolve: (_root, { input }, context) => context.use(roomsService).grantAccess(context.viewer, input),
    }),
    revokeRoomAccess: t.field({
      rate: 'publish',
      type: RoomAccessPayload,
      description:
        'Keeps users out of a room, whatever their tokens say and also where it is public: their live subscriptions to it ' +
        'end with FORBIDDEN, and nothing that is told there reaches them until they are let in again. Needs the scope rooms:manage.',
      args: {
        input: t.arg({ type: RoomAccessInput, required: true, description: 'The room and the users.' }),
      },
      resolve: (_root, { input }, context) => context.use(roomsService).revokeAccess(context.viewer, input),
    }),
  }));
}

function defineSubscriptions(builder: Builder): void {
  builder.subscriptionFields((t) => ({
    roomEvent: t.field({
      type: RoomEvent,
      description:
        'What is told in a room, for whoever may enter it; ends with FORBIDDEN when access is revoked. Durable: nothing is ' +
        'lost between a `cursor` and the subscription `after` it.',
      args: {
        room: t.arg.id({ required: true, description: roomDescription }),
        after: t.arg({ type: 'Cursor', description: afterDescription }),
      },
      subscribe: (_root, { room, after }, context) =>
        context.use(roomsService).openStream(context, requireId('room', room), { after }),
      resolve: (entry) => entry as RoomEventEntry,
    }),
    roomPresence: t.field({
      type: RoomPresence,
      description:
        'Who is in a room, then every change. With `join` the viewer is a member for as long as the subscription lives. ' +
        'Live state: there is nothing to resume, subscribing again heals it. A slow reader gets the changes merged.',
      args: {
        room: t.arg.id({ required: true, description: roomDescription }),
        join: t.arg.boolean({
          defaultValue: true,
          description: 'false: only looks on, and is not counted.',
        }),
      },
      subscribe: (_root, { room, join }, context) =>
        context.use(roomsService).follow(context, room, join ?? true),
      resolve: (view) => view,
    }),
  }));
}
