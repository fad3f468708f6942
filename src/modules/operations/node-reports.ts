// What this node tells the others of itself, every second, and what they have told.
import type { Logger } from 'pino';
import type { Nodes } from '../../engines/engine.ts';
import type { NodeFigures, OpenFigures } from '../../schema/context.ts';
import type { DeliveryFigures, Histogram } from '../../schema/delivery-figures.ts';

export interface NodeReport extends OpenFigures {
  readonly published: number;
  readonly delivered: number;
  readonly lastMinute: Histogram;
}

export interface NodeReports {
  /** Of every node that lives and has told. Rejects with UNAVAILABLE while the engine is away. */
  ofServer(): Promise<{ readonly nodes: number; readonly reports: readonly NodeReport[] }>;
  ofWorkspace(workspace: string): Promise<readonly OpenFigures[]>;
  close(): void;
}

export interface NodeReportsOptions {
  readonly nodes: Nodes;
  readonly figures: NodeFigures;
  readonly deliveries: DeliveryFigures;
  readonly logger: Logger;
  readonly everyMs: number;
}

const serverSubject = 'server';
const workspaceSubject = (workspace: string): string => `workspace/${workspace}`;
/** An engine that restarted has forgotten what does not change: it is told again after so many rounds. */
const roundsUntilRepeated = 10;

export function startNodeReports(options: NodeReportsOptions): NodeReports {
  const { nodes, figures, deliveries, logger, everyMs } = options;
  /** What was told of each workspace last. */
  let told = new Map<string, string>();
  let round = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const tell = async (): Promise<void> => {
    round += 1;
    const { published, delivered } = deliveries;
    const report: NodeReport = {
      ...figures.total,
      published,
      delivered,
      lastMinute: deliveries.lastMinute(),
    };
    const now = new Map([...figures.byWorkspace].map(([name, counts]) => [name, JSON.stringify(counts)]));
    const isRepeated = round % roundsUntilRepeated === 0;
    const changed = [...now].filter(([name, text]) => isRepeated || told.get(name) !== text);
    const gone = [...told.keys()].filter((name) => !now.has(name));
    await Promise.all([
      nodes.report(serverSubject, JSON.stringify(report)),
      ...changed.map(([name, text]) => nodes.report(workspaceSubject(name), text)),
      ...gone.map((name) => nodes.report(workspaceSubject(name), null)),
    ]);
    told = now;
  };
  const turn = async (): Promise<void> => {
    try {
      await tell();
    } catch (error) {
      // Any of it may have arrived: all is told anew, and what is not there any more is taken back.
      told = new Map([...told.keys(), ...figures.byWorkspace.keys()].map((name) => [name, '']));
      logger.debug({ err: error }, 'the figures of this node could not be told');
    }
    if (closed) return;
    timer = setTimeout(() => void turn(), everyMs);
    timer.unref();
  };
  void turn();

  const read = async <T>(subject: string): Promise<{ nodes: number; reports: readonly T[] }> => {
    const texts = [...(await nodes.read(subject)).values()];
    const reports = texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as T]));
    return { nodes: texts.length, reports };
  };
  return {
    ofServer: () => read<NodeReport>(serverSubject),
    ofWorkspace: async (workspace) => (await read<OpenFigures>(workspaceSubject(workspace))).reports,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
