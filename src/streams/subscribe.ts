// One subscription to one event stream: catches up from the log after its cursor, joins the tail without a seam, and
// leaves it for the log again when its consumer falls behind.
//
//   catching-up ──(position reached the tail's, in one synchronous turn)──▶ live ──▶ closed
//        ▲                                                                   │
//        └──────────────(queue over its bound: the log holds the rest)───────┘
import { TidingsError, badInput } from '../errors.ts';
import { parseCursor, type Position } from './cursor.ts';
import type { Log } from './log.ts';
import type { LogEntry, SizedEntry } from './log-entry.ts';
import { PushIterator } from './push-iterator.ts';
import type { TailListener } from './tail.ts';
import type { TailHandle, Tails } from './tails.ts';
import type { Topic } from './topic.ts';

export interface SubscribeOptions {
  readonly topic: Topic;
  /** The cursor to go on from, as the client gave it. Without it the stream begins at the tail's position: now. */
  readonly after: string | null;
  /** Named in errors: the field of the query that reads this stream anew. */
  readonly anewFrom: string;
  /**
   * Asked once the tail follows, so what it reads is at least as new as the place where the stream is joined.
   * Answers the class of viewers that need the same bytes; throws where the viewer may not follow.
   */
  authorize(): Promise<string>;
  /** Whether to deliver an event; every one unless given. Must not throw. */
  readonly filter?: (entry: LogEntry) => boolean;
  /**
   * Whether a control entry ends the viewer's access. Asked for those that came after `authorize`: the subscription
   * then ends with FORBIDDEN, everything before it delivered and nothing after (invariant 12). Must not throw.
   */
  readonly endsAccess?: (entry: LogEntry) => boolean;
  /** Called with each entry when it is taken for delivery. Must not throw. */
  readonly onTaken?: (entry: SizedEntry) => void;
  /** Called once, when the subscription is over. Must not throw. */
  readonly onReleased?: () => void;
}

export interface StreamsReader {
  readonly log: Log;
  readonly tails: Tails;
}

/** A live subscriber that has so much waiting leaves the tail and reads the log at its own pace. */
const maxQueuedEntries = 256;
const maxQueuedBytes = 1_024 * 1_024;

interface StartingPoint {
  readonly position: Position;
  readonly joinedAt: number;
  readonly authorizationClass: string;
}

export class StreamSubscription extends PushIterator<LogEntry> {
  /** What the policy answered when it admitted the viewer. */
  readonly authorizationClass: string;
  readonly #options: SubscribeOptions;
  readonly #streams: StreamsReader;
  readonly #handle: TailHandle;
  #phase: 'catching-up' | 'live' = 'catching-up';
  /** The last entry that was queued, skipped or used: what comes next is the number after it. */
  #position: Position;
  /** Control entries up to here were known to `authorize`. */
  readonly #joinedAt: number;
  readonly #queue: SizedEntry[] = [];
  #queuedBytes = 0;
  #reading = false;
  readonly #listener: TailListener = {
    onEntry: (entry) => this.#hear(entry),
    onEnded: (error) =>
      this.fail(error.code === 'CURSOR_EXPIRED' ? expired(this.#options.anewFrom) : error, 'after-queue'),
  };

  constructor(streams: StreamsReader, handle: TailHandle, options: SubscribeOptions, start: StartingPoint) {
    super();
    this.#streams = streams;
    this.#handle = handle;
    this.#options = options;
    this.#position = start.position;
    this.#joinedAt = start.joinedAt;
    this.authorizationClass = start.authorizationClass;
    handle.tail.add(this.#listener);
    this.#joinIfCaughtUp();
  }

  protected take(): LogEntry | undefined {
    const entry = this.#queue.shift();
    if (entry === undefined) return undefined;
    this.#queuedBytes -= entry.bytes;
    this.#options.onTaken?.(entry);
    return entry;
  }

  protected release(): void {
    this.#handle.tail.remove(this.#listener);
    this.#handle.leave();
    this.#options.onReleased?.();
  }

  protected override onStarved(): void {
    if (this.#phase === 'catching-up' && !this.#reading) void this.#readOn();
  }

  #hear(entry: SizedEntry): void {
    if (this.#phase !== 'live' || this.closed || entry.number <= this.#position.number) return;
    if (this.#queue.length >= maxQueuedEntries || this.#queuedBytes >= maxQueuedBytes) {
      this.#phase = 'catching-up';
      return;
    }
    try {
      this.#accept(entry);
    } catch (error) {
      // A filter that throws ends its own subscription: the others of this tail have to hear the entry too.
      this.fail(error, 'at-once');
    }
    this.wake();
  }

  #accept(entry: SizedEntry): void {
    this.#position = { number: entry.number, eventId: entry.eventId };
    if (entry.kind === 'event') {
      if (!(this.#options.filter?.(entry) ?? true)) return;
      this.#queue.push(entry);
      this.#queuedBytes += entry.bytes;
    } else if (entry.number > this.#joinedAt && this.#options.endsAccess?.(entry)) {
      this.fail(new TidingsError('FORBIDDEN', 'Your access to this stream has ended.'), 'after-queue');
    }
  }

  async #readOn(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#phase === 'catching-up' && this.#queue.length === 0 && !this.closed)
        await this.#readPage();
    } catch (error) {
      this.fail(error, 'after-queue');
    } finally {
      this.#reading = false;
    }
    this.wake();
  }

  async #readPage(): Promise<void> {
    const { topic, anewFrom } = this.#options;
    const known = this.#handle.tail.position.number;
    const page = await this.#streams.tails.catchUp.readOn(topic, this.#position);
    // Nothing where something was: retention has removed all that was left.
    const removed = page?.length === 0 && this.#position.number < known;
    if (page === null || removed) throw expired(anewFrom);
    for (const entry of page) {
      if (this.closed) return;
      this.#accept(entry);
    }
    this.#joinIfCaughtUp();
  }

  /** Synchronous: between the comparison and the joining no entry can pass. */
  #joinIfCaughtUp(): void {
    if (!this.closed && this.#position.number >= this.#handle.tail.position.number) this.#phase = 'live';
  }
}

/**
 * Resolves when nothing can be missed any more. Rejects with CURSOR_EXPIRED where the cursor can't be honoured,
 * BAD_USER_INPUT where it is of another topic or none, UNAVAILABLE where broker or database are away.
 */
export async function subscribe(
  streams: StreamsReader,
  options: SubscribeOptions,
): Promise<StreamSubscription> {
  const cursor = options.after === null ? null : requireCursor(streams.log, options, options.after);
  const handle = await streams.tails.join(options.topic);
  try {
    const now = handle.tail.position;
    // The tail may not have heard yet of what took access away before it was given again.
    const known = options.endsAccess === undefined ? now : await streams.tails.head(options.topic);
    const authorizationClass = await options.authorize();
    if (cursor !== null) await requireHonoured(streams, handle, cursor, options);
    const position = cursor ?? now;
    return new StreamSubscription(streams, handle, options, {
      position,
      joinedAt: Math.max(now.number, known.number),
      authorizationClass,
    });
  } catch (error) {
    handle.leave();
    throw error;
  }
}

function requireCursor(log: Log, { topic, anewFrom }: SubscribeOptions, after: string): Position {
  const cursor = parseCursor(after);
  if (cursor.logId !== log.id) throw expired(anewFrom);
  if (cursor.topic !== topic) {
    throw badInput(
      `\`after\` is a cursor of another stream. Take it from ${anewFrom} or from an event of this field.`,
    );
  }
  return cursor;
}

/**
 * The log must still hold that very event or the one that followed it, or it must be the head: nothing that comes after it
 * is missing then, and a restored backup, which may hold another event there, is noticed.
 */
async function requireHonoured(
  { log, tails }: StreamsReader,
  handle: TailHandle,
  cursor: Position,
  { topic, anewFrom }: SubscribeOptions,
): Promise<void> {
  const isHead = ({ number, eventId }: Position) => number === cursor.number && eventId === cursor.eventId;
  if (isHead(handle.tail.position)) return;
  if ((await tails.catchUp.eventAt(topic, cursor.number)) === cursor.eventId) return;
  if (isHead(await log.head(topic))) return;
  throw expired(anewFrom);
}

const expired = (anewFrom: string) =>
  new TidingsError(
    'CURSOR_EXPIRED',
    `The stream can not go on from this cursor: what followed it is no longer kept, or the log was restored. ` +
      `Query ${anewFrom} anew and subscribe after its cursor.`,
  );
