// The recent past of an event stream: what a query answers where events are all that there is to read.
import type { ObjectRef } from '@pothos/core';
import type { Log } from '../streams/log.ts';
import type { LogEntry } from '../streams/log-entry.ts';
import type { StreamPosition } from '../streams/cursor.ts';
import type { Topic } from '../streams/topic.ts';
import type { Builder, Types } from './builder.ts';
import { requireFirst } from './input.ts';
import { streamCursor } from './stream-cursor.ts';

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

/** Their type in the schema: `nodes`, the newest first, and the `cursor` to subscribe `after`. The strings describe each. */
export const recentEventsType = <Entry extends LogEntry>(
  builder: Builder,
  name: string,
  {
    type,
    ...descriptions
  }: { type: ObjectRef<Types, Entry>; description: string; nodes: string; cursor: string },
): ObjectRef<Types, RecentEvents<Entry>> =>
  builder.objectRef<RecentEvents<Entry>>(name).implement({
    description: descriptions.description,
    fields: (t) => ({
      nodes: t.field({ type: [type], description: descriptions.nodes, resolve: ({ nodes }) => [...nodes] }),
      cursor: t.field(streamCursor(descriptions.cursor)),
    }),
  });
