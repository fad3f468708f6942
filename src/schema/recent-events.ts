// The recent past of an event stream: what a query answers where events are all that there is to read.
import type { Log } from '../streams/log.ts';
import type { LogEntry } from '../streams/log-entry.ts';
import type { StreamPosition } from '../streams/cursor.ts';
import type { Topic } from '../streams/topic.ts';
import { requireFirst } from './input.ts';

export interface RecentEvents<Entry extends LogEntry> {
  /** The newest first. */
  readonly nodes: readonly Entry[];
  /** Where the stream stands: at the first of the nodes, or at what followed it and is told to nobody. */
  readonly position: StreamPosition;
}

/**
 * As far as EVENT_RETENTION keeps them. `authorize` is asked once it is known how far they are read: what is told after access
 * was lost is not among them. Throws BAD_USER_INPUT unless `first` is 1 to 100; 20 where it is not given.
 */
export async function readRecentEvents<Entry extends LogEntry>(
  log: Pick<Log, 'head' | 'latest'>,
  topic: Topic,
  first: number | null | undefined,
  authorize: () => Promise<void> | void = () => undefined,
): Promise<RecentEvents<Entry>> {
  const limit = requireFirst(first, { fallback: 20, max: 100 });
  const head = await log.head(topic);
  await authorize();
  const nodes = (await log.latest(topic, { upTo: head, limit })) as readonly Entry[];
  return { nodes, position: { topic, ...head } };
}
