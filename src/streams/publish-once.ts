// Publishing with an idempotency key (invariant 11), for mutations whose result is one entry of one stream.
import { toContentHash } from './idempotency.ts';
import type { Log } from './log.ts';
import type { LogEntry } from './log-entry.ts';
import type { Taken, Write } from './log-write.ts';
import type { Topic } from './topic.ts';

export interface PublishRequest {
  readonly workspace: string;
  /** The mutation's name. */
  readonly field: string;
  /** The viewer's id. */
  readonly publisher: string;
  /** null: published anew each time. */
  readonly key: string | null;
  /** Everything that makes this request another one. */
  readonly content: object;
  /** The stream whose entry is the result. */
  readonly topic: Topic;
}

export interface Published<Entry extends LogEntry = LogEntry> {
  readonly entry: Entry;
  /** The key had been used before: nothing was published again. */
  readonly deduplicated: boolean;
}

/**
 * Runs the work in one write. `claim` is to be awaited after `write.take`, before anything is read or appended: where the
 * key had been used it abandons the write, and the entry of the first request is answered.
 * Throws CONFLICT where the key was used with other content.
 */
export async function publishOnce<Entry extends LogEntry>(
  log: Pick<Log, 'write' | 'find'>,
  { topic, key, content, ...request }: PublishRequest,
  work: (write: Write, claim: (taken: Taken) => Promise<void>) => Promise<Entry>,
): Promise<Published<Entry>> {
  const claim = async (write: Write, { position }: Taken): Promise<void> => {
    if (key === null) return;
    const { number } = position(topic);
    const contentHash = toContentHash(content);
    const claimed = await write.claim({ ...request, key, contentHash, reference: { number } });
    if (claimed.outcome === 'used')
      write.abandon(new Duplicate((claimed.reference as { number: number }).number));
  };
  const result = await log.write<Entry | Duplicate>((write) => work(write, (taken) => claim(write, taken)));
  if (!(result instanceof Duplicate)) return { entry: result, deduplicated: false };
  // The entry outlives its key: retention keeps everything for longer than 24 hours.
  const entry = await log.find(topic, result.number);
  if (entry === null)
    throw new Error(`The log no longer holds the result of an idempotency key: number ${result.number}.`);
  return { entry: entry as Entry, deduplicated: true };
}

class Duplicate {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
}
