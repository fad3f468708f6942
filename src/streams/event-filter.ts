// Which events of a stream a subscriber is told of, by keys under which the tail looks them up: an event costs those that
// want it, however many others follow the same stream.
import type { LogEntry } from './log-entry.ts';

/**
 * Under which keys events are found. One constant for all subscribers of a kind: they are told apart by its identity.
 *
 *     const byType: EventIndex = { keysOf: (entry) => [(entry.payload as Notified).type] };
 *     openEventStream(context, { …, filter: { index: byType, keys: ['ORDER', 'SYSTEM'] } });
 */
export interface EventIndex {
  /**
   * Called once for each event, however many subscribers there are. 'all' where everybody of this index is told. What it
   * throws ends the subscriptions of this index, and no others.
   */
  keysOf(entry: LogEntry): readonly string[] | 'all';
}

/** An event passes that is found under one of the keys. */
export interface EventFilter {
  readonly index: EventIndex;
  readonly keys: readonly string[];
}

/** Nothing passes but the end of access: for whoever only wants to hear of that. */
export const noEvents: EventFilter = { index: { keysOf: () => [] }, keys: [] };

/** For one subscriber that reads the log. Throws what the index throws. */
export function passes({ index, keys }: EventFilter, entry: LogEntry): boolean {
  const found = index.keysOf(entry);
  return found === 'all' || found.some((key) => keys.includes(key));
}
