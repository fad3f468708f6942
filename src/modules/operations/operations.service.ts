// Figures over all nodes, read once or followed.
import type { Viewer } from '../../auth/viewer.ts';
import { serviceKey, type Context, type OpenFigures, type Runtime } from '../../schema/context.ts';
import { quantileOf } from '../../schema/delivery-figures.ts';
import { guardSubscription } from '../../schema/event-stream.ts';
import { ConflatingQueue } from '../../streams/conflating-queue.ts';
import { startNodeReports } from './node-reports.ts';
import { requireMaySeeServer, requireMaySeeWorkspace } from './operations.policy.ts';

export interface WorkspaceStats extends OpenFigures {
  readonly onlineUsers: number;
}

export interface ServerStats extends WorkspaceStats {
  readonly nodes: number;
  readonly eventsPublished: number;
  readonly eventsDelivered: number;
  readonly deliveryP50Ms: number | null;
  readonly deliveryP99Ms: number | null;
}

export interface OperationsService {
  workspaceStats(viewer: Viewer): Promise<WorkspaceStats>;
  serverStats(viewer: Viewer): Promise<ServerStats>;
  /** One set at once and one every second; the newest to a slow reader. */
  followServerStats(context: Context): Promise<AsyncIterableIterator<ServerStats>>;
  close(): void;
}

export const operationsService = serviceKey<OperationsService>('operations');

const everyMs = 1_000;

export function createOperationsService(runtime: Runtime): OperationsService {
  const { engine, logger, figures, deliveries } = runtime;
  const reports = startNodeReports({ nodes: engine.nodes, figures, deliveries, logger, everyMs });
  const followers = new Set<ConflatingQueue<'stats', ServerStats>>();
  let timer: NodeJS.Timeout | null = null;

  const readServer = async (): Promise<ServerStats> => {
    const [told, onlineUsers] = await Promise.all([reports.ofServer(), engine.presence.count()]);
    const sum = (pick: (report: (typeof told.reports)[number]) => number) =>
      told.reports.reduce((total, report) => total + pick(report), 0);
    const histograms = told.reports.map(({ lastMinute }) => lastMinute);
    return {
      nodes: told.nodes,
      connections: sum(({ connections }) => connections),
      subscriptions: sum(({ subscriptions }) => subscriptions),
      onlineUsers,
      eventsPublished: sum(({ published }) => published),
      eventsDelivered: sum(({ delivered }) => delivered),
      deliveryP50Ms: quantileOf(histograms, 0.5),
      deliveryP99Ms: quantileOf(histograms, 0.99),
    };
  };

  /** One reading for all who follow. */
  const tick = async (): Promise<void> => {
    try {
      const stats = await readServer();
      for (const follower of followers) follower.push('stats', stats);
    } catch (error) {
      // There is nothing to tell: the next one comes in a second.
      logger.debug({ err: error }, 'the figures of the nodes could not be read');
    }
    timer = followers.size === 0 ? null : setTimeout(() => void tick(), everyMs).unref();
  };

  return {
    async workspaceStats(viewer) {
      requireMaySeeWorkspace(viewer);
      const { workspace } = viewer;
      const [told, online] = await Promise.all([
        reports.ofWorkspace(workspace),
        engine.presence.listOnline(workspace, { after: null, limit: 1 }),
      ]);
      return {
        connections: told.reduce((total, { connections }) => total + connections, 0),
        subscriptions: told.reduce((total, { subscriptions }) => total + subscriptions, 0),
        onlineUsers: online.total,
      };
    },

    async serverStats(viewer) {
      requireMaySeeServer(viewer);
      return readServer();
    },

    async followServerStats(context) {
      requireMaySeeServer(context.viewer);
      const queue: ConflatingQueue<'stats', ServerStats> = new ConflatingQueue(() => {
        stopWatching();
        followers.delete(queue);
      });
      const stopWatching = guardSubscription(context, requireMaySeeServer, (error) =>
        queue.fail(error, 'at-once'),
      );
      followers.add(queue);
      timer ??= setTimeout(() => void tick(), everyMs).unref();
      try {
        queue.push('stats', await readServer());
      } catch (error) {
        await queue.return();
        throw error;
      }
      return queue;
    },

    close() {
      if (timer !== null) clearTimeout(timer);
      followers.clear();
      reports.close();
    },
  };
}
