// Announcements in the schema: authorize, call, return.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { openEventStream, openVisitorStream } from '../../schema/event-stream.ts';
import { recentEventsType } from '../../schema/recent-events.ts';
import { StreamEvent } from '../../schema/scalars.ts';
import { idempotencyKeyDescription, publishedType } from '../../schema/publishing.ts';
import { afterDescription } from '../../schema/stream-cursor.ts';
import { audienceOf } from './announcements.policy.ts';
import {
  announcementsService,
  type AnnouncementEntry,
  type AnnouncementLevel,
} from './announcements.service.ts';

const Announcement = objectRef<AnnouncementEntry>('Announcement');
const anewFrom = '`announcements`';

export function defineAnnouncements(builder: Builder): void {
  const enums = defineTypes(builder);
  defineQuery(builder);
  defineMutation(builder, enums);
  defineSubscription(builder);
}

function defineTypes(builder: Builder) {
  const AnnouncementLevelEnum = builder.enumType('AnnouncementLevel', {
    description: 'How much an announcement matters.',
    values: {
      INFO: { description: 'Good to know.' },
      WARNING: { description: 'Something will not work as usual.' },
      CRITICAL: { description: 'Something does not work.' },
    } satisfies Record<AnnouncementLevel, { description: string }>,
  });
  builder.objectType(Announcement, {
    description: 'Something that everyone in the workspace is told.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      id: t.id({ description: "The announcement's id.", resolve: ({ payload }) => payload.id }),
      level: t.field({
        type: AnnouncementLevelEnum,
        description: 'How much it matters.',
        resolve: ({ payload }) => payload.level,
      }),
      message: t.string({
        description: 'What is announced, as it was sent.',
        resolve: ({ payload }) => payload.message,
      }),
    }),
  });
  return { AnnouncementLevelEnum };
}

function defineQuery(builder: Builder): void {
  const AnnouncementList = recentEventsType(builder, 'AnnouncementList', {
    type: Announcement,
    description: 'The newest first.',
    nodes: 'The announcements, as far back as events are kept.',
    cursor: 'Where the stream of announcements stands: subscribe to announcement `after` it.',
  });
  builder.queryField('announcements', (t) =>
    t.field({
      type: AnnouncementList,
      description:
        'The latest announcements of the workspace. Without a token, where the server allows visitors: the public ones.',
      args: { first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }) },
      resolve: (_root, { first }, context) => context.use(announcementsService).list(context.reader, first),
    }),
  );
}

function defineMutation(builder: Builder, { AnnouncementLevelEnum }: ReturnType<typeof defineTypes>): void {
  const PublishAnnouncementInput = builder.inputType('PublishAnnouncementInput', {
    description: 'Something to tell everyone.',
    fields: (t) => ({
      message: t.string({ required: true, description: 'What to announce, 1 to 2,000 characters.' }),
      level: t.field({
        type: AnnouncementLevelEnum,
        defaultValue: 'INFO',
        description: 'How much it matters.',
      }),
      public: t.boolean({
        defaultValue: false,
        description: 'Also for visitors without a token, where the server allows them.',
      }),
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    }),
  });
  const PublishAnnouncementPayload = publishedType(builder, 'PublishAnnouncementPayload', {
    type: Announcement,
    as: 'announcement',
    description: 'The event, as everyone in the workspace receives it.',
  });
  builder.mutationField('publishAnnouncement', (t) =>
    t.field({
      rate: 'publish',
      type: PublishAnnouncementPayload,
      description: 'Tells everyone in the workspace. Needs the scope announcements:publish.',
      args: {
        input: t.arg({ type: PublishAnnouncementInput, required: true, description: 'The announcement.' }),
      },
      resolve: (_root, { input }, context) =>
        context.use(announcementsService).publish(context.viewer, input),
    }),
  );
}

function defineSubscription(builder: Builder): void {
  builder.subscriptionField('announcement', (t) =>
    t.field({
      type: Announcement,
      description:
        'Everyone in the workspace; without a token, where the server allows visitors, the public ones. Durable: nothing is ' +
        'lost between a `cursor` and the subscription `after` it.',
      args: { after: t.arg({ type: 'Cursor', description: afterDescription }) },
      subscribe: (_root, { after }, context) => {
        const topic = context.use(announcementsService).topicOf(context.reader);
        return context.session.viewer === null
          ? openVisitorStream(context, { topic, after, anewFrom })
          : openEventStream(context, { topic, after, anewFrom, authorize: audienceOf });
      },
      resolve: (entry) => entry as AnnouncementEntry,
    }),
  );
}
