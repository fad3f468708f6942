// Figures in the schema: authorize, call, return.
import type { Builder } from '../../schema/builder.ts';
import { operationsService, type ServerStats, type WorkspaceStats } from './operations.service.ts';

export function defineOperations(builder: Builder): void {
  const WorkspaceStatsRef = builder.objectRef<WorkspaceStats>('WorkspaceStats').implement({
    description:
      'Figures of one workspace over all nodes, from what each node has told within the last second.',
    fields: (t) => ({
      connections: t.exposeInt('connections', { description: 'WebSockets and event streams that are open.' }),
      onlineUsers: t.exposeInt('onlineUsers', {
        description: 'Users who are online; whoever appears offline is left out.',
      }),
      subscriptions: t.exposeInt('subscriptions', { description: 'Subscriptions that are live.' }),
    }),
  });
  const ServerStatsRef = builder.objectRef<ServerStats>('ServerStats').implement({
    description: 'Figures over all nodes, from what each node last reported.',
    fields: (t) => ({
      nodes: t.exposeInt('nodes', { description: 'Nodes that live.' }),
      connections: t.exposeInt('connections', { description: 'WebSockets and event streams that are open.' }),
      onlineUsers: t.exposeInt('onlineUsers', {
        description:
          'Users who are online, over all workspaces; somebody in two workspaces counts twice, whoever appears offline not.',
      }),
      subscriptions: t.exposeInt('subscriptions', { description: 'Subscriptions that are live.' }),
      eventsPublished: t.exposeFloat('eventsPublished', {
        description:
          'Events stored since the nodes that live have started, one for each stream that holds it.',
      }),
      eventsDelivered: t.exposeFloat('eventsDelivered', {
        description: 'Results handed to sockets since the nodes that live have started.',
      }),
      deliveryP50Ms: t.exposeFloat('deliveryP50Ms', {
        nullable: true,
        description:
          'Publish to socket write, in milliseconds, over the last minute: half of the deliveries took no longer. null where ' +
          'nothing was delivered. Between nodes it is as exact as their clocks agree.',
      }),
      deliveryP99Ms: t.exposeFloat('deliveryP99Ms', {
        nullable: true,
        description: 'The same for 99 of 100 deliveries.',
      }),
    }),
  });
  builder.queryFields((t) => ({
    workspaceStats: t.field({
      type: WorkspaceStatsRef,
      description: "Figures of the viewer's workspace. Needs the role staff.",
      resolve: (_root, _args, context) => context.use(operationsService).workspaceStats(context.viewer),
    }),
    serverStats: t.field({
      type: ServerStatsRef,
      description: 'Figures of all workspaces. Needs the role operator, which is server-wide.',
      resolve: (_root, _args, context) => context.use(operationsService).serverStats(context.viewer),
    }),
  }));
  builder.subscriptionField('serverStats', (t) =>
    t.field({
      type: ServerStatsRef,
      description: 'One figure set every second. Needs the role operator, which is server-wide.',
      subscribe: (_root, _args, context) => context.use(operationsService).followServerStats(context),
      resolve: (stats) => stats,
    }),
  );
}
