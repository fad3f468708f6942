// A family's tasks, as a module of one's own: a table, a stream for each member, four mutations, a query and a subscription.
// Nobody hears of a task but who made it and whom it is assigned to.
import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import { and, eq, or } from 'drizzle-orm';
import { pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import {
  afterDescription,
  notFound,
  objectRef,
  openEventStream,
  provide,
  requireId,
  requireText,
  rewritePayloads,
  serviceKey,
  streamCursor,
  StreamEvent,
  TidingsError,
  toTopic,
  type Builder,
  type EntryOf,
  type Queries,
  type Runtime,
  type StreamPosition,
  type TidingsModule,
  type UserRef,
  type Viewer,
} from '../../../src/index.ts';

// The table
const states = ['OPEN', 'COMPLETED', 'DELETED'] as const;
export const tasks = pgTable(
  'planner_tasks',
  {
    workspace: text('workspace').notNull(),
    id: text('id').notNull(),
    title: text('title').notNull(),
    state: text('state', { enum: states }).notNull(),
    createdBy: text('created_by').notNull(),
    assigneeId: text('assignee_id').notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspace, table.id] })],
);

// The streams and what is in them
const tasksOf = (workspace: string, userId: string) => toTopic({ workspace, kind: 'tasks-of', key: userId });
const kinds = ['CREATED', 'ASSIGNED', 'COMPLETED', 'DELETED'] as const;
type Kind = (typeof kinds)[number];
interface Task {
  readonly id: string;
  readonly title: string;
  readonly state: (typeof states)[number];
  readonly createdBy: string;
  readonly assigneeId: string;
}
type TaskEntry = EntryOf<{ readonly kind: Kind; readonly task: Task }>;

// The rules
interface TasksService {
  create(viewer: Viewer, input: { readonly title: string; readonly assigneeId: string }): Promise<Task>;
  change(viewer: Viewer, id: string, kind: Exclude<Kind, 'CREATED'>, assigneeId?: string): Promise<Task>;
  list(viewer: Viewer): Promise<{ readonly nodes: readonly Task[]; readonly position: StreamPosition }>;
}
const tasksService = serviceKey<TasksService>('planner.tasks');

function createTasksService({ log, store }: Runtime): TasksService {
  const tell = async (
    viewer: Viewer,
    kind: Kind,
    decide: (tx: Queries) => Promise<Task & { told: string[] }>,
  ) =>
    log.write<Task>(async (write) => {
      // Read before the heads are known; the row's lock orders those who change the same task.
      const { told, ...task } = await decide(write.tx);
      const topics = [...new Set(told)].map((userId) => tasksOf(viewer.workspace, userId));
      const { occurredAt } = await write.take(topics);
      const row = { ...task, workspace: viewer.workspace, updatedAt: occurredAt };
      await write.tx
        .insert(tasks)
        .values(row)
        .onConflictDoUpdate({ target: [tasks.workspace, tasks.id], set: row });
      for (const topic of topics) write.append({ topic, payload: { kind, task } });
      return task;
    });

  return {
    create: (viewer, input) =>
      tell(viewer, 'CREATED', async () => {
        const assigneeId = requireId('assigneeId', input.assigneeId);
        const title = requireText('title', input.title, { min: 1, max: 200 });
        const task = { id: randomUUID(), title, state: 'OPEN', createdBy: viewer.id, assigneeId } as const;
        return { ...task, told: [viewer.id, assigneeId] };
      }),

    change: (viewer, id, kind, assigneeId) =>
      tell(viewer, kind, async (tx) => {
        const [known] = await tx
          .select()
          .from(tasks)
          .where(and(eq(tasks.workspace, viewer.workspace), eq(tasks.id, id)))
          .for('update');
        if (known === undefined || ![known.createdBy, known.assigneeId].includes(viewer.id))
          throw notFound('task', id);
        if (known.state !== 'OPEN')
          throw new TidingsError('CONFLICT', `The task is ${known.state.toLowerCase()}.`);
        const { title, createdBy } = known;
        const next = kind === 'ASSIGNED' ? requireId('assigneeId', assigneeId ?? '') : known.assigneeId;
        const state = kind === 'ASSIGNED' ? 'OPEN' : kind;
        return { id, title, createdBy, state, assigneeId: next, told: [createdBy, known.assigneeId, next] };
      }),

    async list(viewer) {
      // The head first: the cursor must not be newer than the data beside it.
      const topic = tasksOf(viewer.workspace, viewer.id);
      const position = { topic, ...(await log.head(topic)) };
      const nodes = await store.queries
        .select()
        .from(tasks)
        .where(
          and(
            eq(tasks.workspace, viewer.workspace),
            eq(tasks.state, 'OPEN'),
            or(eq(tasks.createdBy, viewer.id), eq(tasks.assigneeId, viewer.id)),
          ),
        )
        .orderBy(tasks.updatedAt);
      return { nodes, position };
    },
  };
}

/** What somebody wanted done are their words: they go with them, from the table and from the log. */
async function eraseTitles({ store }: Runtime, { workspace, userId }: UserRef): Promise<void> {
  await store.queries
    .update(tasks)
    .set({ title: '' })
    .where(and(eq(tasks.workspace, workspace), eq(tasks.createdBy, userId)));
  await rewritePayloads(store, {
    workspace,
    kind: 'tasks-of',
    holding: ['createdBy', userId],
    rewrite(payload) {
      const { kind, task } = payload as TaskEntry['payload'];
      return task.createdBy === userId ? { kind, task: { ...task, title: '' } } : payload;
    },
  });
}

// The schema
const TaskRef = objectRef<Task>('Task');
const TaskEvent = objectRef<TaskEntry>('TaskEvent');

function defineTasks(builder: Builder): void {
  const TaskState = builder.enumType('TaskState', {
    description: 'What has become of a task.',
    values: states,
  });
  const TaskEventKind = builder.enumType('TaskEventKind', { description: 'What happened.', values: kinds });
  builder.objectType(TaskRef, {
    description: 'Something to do.',
    fields: (t) => ({
      id: t.exposeID('id', { description: "The task's id." }),
      title: t.exposeString('title', { description: 'What is to be done.' }),
      state: t.expose('state', { type: TaskState, description: 'Whether it is done.' }),
      createdBy: t.exposeID('createdBy', { description: 'Who wants it done.' }),
      assigneeId: t.exposeID('assigneeId', { description: 'Who is to do it.' }),
    }),
  });
  builder.objectType(TaskEvent, {
    description: 'Something happened to a task of the viewer.',
    interfaces: [StreamEvent],
    fields: (t) => ({
      kind: t.field({ type: TaskEventKind, description: 'What.', resolve: ({ payload }) => payload.kind }),
      task: t.field({
        type: TaskRef,
        description: 'The task right after it.',
        resolve: ({ payload }) => payload.task,
      }),
    }),
  });
  const TaskList = builder.objectRef<Awaited<ReturnType<TasksService['list']>>>('TaskList').implement({
    description: 'Open tasks.',
    fields: (t) => ({
      nodes: t.field({ type: [TaskRef], description: 'The tasks.', resolve: ({ nodes }) => [...nodes] }),
      cursor: t.field(streamCursor("Where the stream of the viewer's tasks stands.")),
    }),
  });

  builder.queryField('tasks', (t) =>
    t.field({
      type: TaskList,
      description: 'What the viewer has to do, and has given others to do.',
      resolve: (_root, _args, context) => context.use(tasksService).list(context.viewer),
    }),
  );
  const idArg = { required: true, description: 'The task.' } as const;
  builder.mutationFields((t) => ({
    createTask: t.field({
      type: TaskRef,
      rate: 'message',
      description: 'Gives somebody something to do.',
      args: {
        title: t.arg.string({ required: true, description: '1 to 200 characters.' }),
        assigneeId: t.arg.id({ required: true, description: 'Who is to do it.' }),
      },
      resolve: (_root, args, context) => context.use(tasksService).create(context.viewer, args),
    }),
    assignTask: t.field({
      type: TaskRef,
      description: 'Gives it to somebody else.',
      args: {
        id: t.arg.id(idArg),
        assigneeId: t.arg.id({ required: true, description: 'Who is to do it now.' }),
      },
      resolve: (_root, { id, assigneeId }, context) =>
        context.use(tasksService).change(context.viewer, id, 'ASSIGNED', assigneeId),
    }),
    completeTask: t.field({
      type: TaskRef,
      description: 'It is done.',
      args: { id: t.arg.id(idArg) },
      resolve: (_root, { id }, context) => context.use(tasksService).change(context.viewer, id, 'COMPLETED'),
    }),
    deleteTask: t.field({
      type: TaskRef,
      description: 'It need not be done.',
      args: { id: t.arg.id(idArg) },
      resolve: (_root, { id }, context) => context.use(tasksService).change(context.viewer, id, 'DELETED'),
    }),
  }));
  builder.subscriptionField('taskChanged', (t) =>
    t.field({
      type: TaskEvent,
      description:
        "The viewer's tasks. Durable: nothing is lost between a `cursor` and the subscription `after` it.",
      args: { after: t.arg({ type: 'Cursor', description: afterDescription }) },
      subscribe: (_root, { after }, context) =>
        openEventStream(context, {
          topic: tasksOf(context.viewer.workspace, context.viewer.id),
          after,
          anewFrom: '`tasks`',
          authorize: () => 'own',
        }),
      resolve: (entry) => entry as TaskEntry,
    }),
  );
}

// The module
export const tasksModule: TidingsModule = {
  name: 'planner.tasks',
  migrations: { name: 'planner', folder: fileURLToPath(new URL('./migrations', import.meta.url)) },
  define: defineTasks,
  open: (runtime) => ({
    services: [provide(tasksService, createTasksService(runtime))],
    onUserErased: (user) => eraseTitles(runtime, user),
  }),
};
