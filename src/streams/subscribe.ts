// One subscription to one event stream: catches up from the log after its cursor, joins the tail without a seam, and
// leaves it for the log again when its consumer falls behind.
//
//   catching-up ──(position reached the tail's, in one synchronous turn)──▶ live ──▶ closed
//        ▲                                                                   │
//        └──────────────(queue over its bound: the log holds the rest)───────┘
import { TidingsError, badInput } from '../errors.ts';
import { Backlog } from './backlog.ts';
import { parseCursor, type Position } from './cursor.ts';
import { passes, type EventFilter } from './event-filter.ts';
import type { Log } from './log.ts';
import type { LogEntry, SizedEntry } from './log-entry.ts';
import { PushIterator } from './push-iterator.ts';
import type { StreamFigures } from './stream-figures.ts';
import type { TailListener } from './tail-listeners.ts';
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
  /** Which events to deliver; every one unless given. */
  readonly filter?: EventFilter | undefined;
  /**
   * Whether a control entry ends the viewer's access. Asked for those that came after `authorize`: the subscription
   * then ends with FORBIDDEN, everything before it delivered and nothing after (invariant 12). Must not throw.
   */
  readonly endsAccess?: (entry: LogEntry) => boolean;
  /** Called with each entry that `next` answers. Must not throw. */
  readonly onTaken?: (entry: SizedEntry) => void;
  /** Shared by all subscriptions of a connection; one of its own unless given. */
  readonly backlog?: Backlog;
  /** Called once, when the subscription is over. Must not throw. */
  readonly onReleased?: () => void;
}

export interface StreamsReader {
  readonly log: Log;
  readonly tails: Tails;
}

/** A live subscriber that has so many waiting, or whose backlog is full, leaves the tail and reads the log at its own pace. */
const maxQueuedEntries = 256;

interface StartingPoint {
  readonly position: Position;
  readonly joinedAt: number;
  readonly authorizationClass: string;
}

export class StreamSubscription extends PushIterator<LogEntry> implements TailListener {
  readonly filter: EventFilter | undefined;
  readonly #options: SubscribeOptions;
  readonly #streams: StreamsReader;
  readonly #handle: TailHandle;
  readonly #backlog: Backlog;
  #phase: 'catching-up' | 'live' = 'catching-up';
  /** The last entry that was queued, skipped or used: what comes next is after it. */
  #position: Position;
  /** Where to read on from if the queue were dropped. */
  #resumeFrom: Position;
  /** Control entries up to here were known to `authorize`. */
  readonly #joinedAt: number;
  #queue: SizedEntry[] = [];
  #reading = false;
  #authorizationClass: string;
  /** Waits for room in the backlog. */
  #wakeUp: (() => void) | null = null;

  constructor(streams: StreamsReader, handle: TailHandle, options: SubscribeOptions, start: StartingPoint) {
    super();
    this.#streams = streams;
    this.#handle = handle;
    this.#options = options;
    this.#backlog = options.backlog ?? new Backlog();
    this.#position = start.position;
    this.#resumeFrom = start.position;
    this.#joinedAt = start.joinedAt;
    this.#authorizationClass = start.authorizationClass;
    this.filter = options.filter;
    this.#figures.catchingUp += 1;
    handle.tail.add(this);
    this.#joinIfCaughtUp();
    if (this.#phase === 'catching-up' && !this.closed) this.#figures.catchUps += 1;
  }

  get #figures(): StreamFigures {
    return this.#streams.tails.figures;
  }

  get topic(): Topic {
    return this.#options.topic;
  }

  /** What the policy answered when it admitted the viewer, or was asked again about a renewed token. */
  get authorizationClass(): string {
    return this.#authorizationClass;
  }

  override get isAtRest(): boolean {
    return this.closed || (this.#phase === 'live' && this.#queue.length === 0);
  }

  reclassify(authorizationClass: string): void {
    this.#authorizationClass = authorizationClass;
  }

  protected take(): LogEntry | undefined {
    const entry = this.#queue.shift();
    if (entry === undefined) return undefined;
    // Where nothing waits any more, the next that comes tells what it follows.
    if (this.#queue.length > 0) this.#resumeFrom = { number: entry.number, eventId: entry.eventId };
    this.#hold(-entry.bytes);
    return entry;
  }

  protected override onAnswered(entry: LogEntry): void {
    this.#options.onTaken?.(entry as SizedEntry);
  }

  protected release(): void {
    this.#handle.tail.remove(this);
    this.#handle.leave();
    if (this.#phase === 'catching-up') this.#figures.catchingUp -= 1;
    if (this.#wakeUp !== null) this.#backlog.forget(this.#wakeUp);
    this.#options.onReleased?.();
  }

  protected override drop(): void {
    const dropped = this.#queue;
    this.#queue = [];
    this.#hold(-dropped.reduce((sum, { bytes }) => sum + bytes, 0));
  }

  protected override onStarved(): void {
    if (this.#phase !== 'catching-up' || this.#reading) return;
    // Others of this connection may have as much waiting as it may have: what is read now would be too much.
    this.#wakeUp ??= () => this.wake();
    if (this.#backlog.beginReading(this.#wakeUp)) void this.#readOn();
  }

  onEnded(error: TidingsError): void {
    this.fail(error.code === 'CURSOR_EXPIRED' ? expired(this.#options.anewFrom) : error, 'after-queue');
  }

  onFailed(error: unknown): void {
    this.fail(error, 'at-once');
  }

  onEntry(entry: SizedEntry, before: Position, after: Position): void {
    if (this.#phase !== 'live' || this.closed || entry.number <= this.#position.number) return;
    if (this.#queue.length >= maxQueuedEntries || (this.#queue.length > 0 && this.#backlog.isFull)) {
      return this.#leave();
    }
    try {
      if (this.#queue.length === 0 && entry.kind === 'event') {
        this.#position = after;
        if (this.handOver(entry)) return;
      }
      this.#accept(entry, before, after);
    } catch (error) {
      // What throws here ends its own subscription: the others of this tail have to hear the entry too.
      this.fail(error, 'at-once');
    }
    this.wake();
  }

  /** What waits is in the log, and would only be kept twice for whoever has stopped reading. */
  #leave(): void {
    this.#phase = 'catching-up';
    this.#figures.leftForLog += 1;
    this.#figures.catchUps += 1;
    this.#figures.catchingUp += 1;
    this.drop();
    this.#position = this.#resumeFrom;
  }

  #accept(entry: SizedEntry, before: Position, after: Position): void {
    this.#position = after;
    if (entry.kind === 'event') {
      if (this.#queue.length === 0) this.#resumeFrom = before;
      this.#queue.push(entry);
      this.#hold(entry.bytes);
    } else if (entry.number > this.#joinedAt && this.#options.endsAccess?.(entry)) {
      this.fail(new TidingsError('FORBIDDEN', 'Your access to this stream has ended.'), 'after-queue');
    }
  }

  /** Of its queue: more, or less. */
  #hold(bytes: number): void {
    this.#figures.queuedBytes += bytes;
    if (bytes > 0) this.#backlog.add(bytes);
    else this.#backlog.remove(-bytes);
  }

  async #readOn(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#mayReadOn()) await this.#readPage();
    } catch (error) {
      this.fail(error, 'after-queue');
    } finally {
      this.#reading = false;
      this.#backlog.endReading();
    }
    this.wake();
  }

  #mayReadOn(): boolean {
    return this.#phase === 'catching-up' && this.#queue.length === 0 && !this.closed && !this.#backlog.isFull;
  }

  async #readPage(): Promise<void> {
    const { topic, anewFrom } = this.#options;
    const known = this.#handle.tail.position.number;
    const page = await this.#streams.tails.catchUp.readOn(topic, this.#position);
    // Nothing where something was: retention has removed all that was left.
    const removed = page?.length === 0 && this.#position.number < known;
    if (page === null || removed) throw expired(anewFrom);
    // Others were quicker: it is read again when there is room.
    if (this.#backlog.isFull) return;
    this.#figures.entriesCaughtUp += page.length;
    const { filter } = this;
    for (const entry of page) {
      if (this.closed) return;
      const after = { number: entry.number, eventId: entry.eventId };
      if (entry.kind === 'control' || filter === undefined || passes(filter, entry)) {
        this.#accept(entry, this.#position, after);
      } else this.#position = after;
    }
    this.#joinIfCaughtUp();
  }

  /** Synchronous: between the comparison and the joining no entry can pass. */
  #joinIfCaughtUp(): void {
    if (this.closed || this.#position.number < this.#handle.tail.position.number) return;
    this.#phase = 'live';
    this.#figures.catchingUp -= 1;
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
