// How a subscription field follows an event stream on behalf of a viewer: authorized before it starts, again when the
// viewer's token is renewed, and over when it expires.
import { TidingsError } from '../errors.ts';
import type { SessionWatcher } from '../auth/session.ts';
import type { Viewer } from '../auth/viewer.ts';
import { toLoggable, toStoreError } from '../store/store-errors.ts';
import type { EventFilter } from '../streams/event-filter.ts';
import { subscribe, type StreamSubscription, type SubscribeOptions } from '../streams/subscribe.ts';
import type { Backlog } from '../streams/backlog.ts';
import type { LogEntry, SizedEntry } from '../streams/log-entry.ts';
import type { Topic } from '../streams/topic.ts';
import type { Context } from './context.ts';

/**
 * Subscribers of one class need the same bytes, perViewer and atDelivery fields aside: `staff`, `customer`. What the
 * policy answers when it admits somebody; it throws where it does not.
 */
export type AuthorizationClass = string;

export interface EventStreamOptions {
  readonly topic: Topic;
  readonly after: string | null | undefined;
  /** The query that reads this stream anew, for people: "`order`". */
  readonly anewFrom: string;
  /** Asked when the stream begins and whenever the viewer's token is renewed. Reads through its own queries. */
  authorize(viewer: Viewer): AuthorizationClass | Promise<AuthorizationClass>;
  /** Which events to deliver; every one unless given. */
  readonly filter?: EventFilter;
  /**
   * Whether an entry that was appended with `kind: 'control'` ends this viewer's access: the subscription then ends with
   * FORBIDDEN, with everything before it delivered and nothing after. Entries that are events are not asked about. Must not throw.
   */
  readonly endsAccess?: (entry: LogEntry, viewer: Viewer) => boolean;
}

export async function openEventStream(
  context: Context,
  options: EventStreamOptions,
): Promise<StreamSubscription> {
  const guarded = new GuardedStream(context, options);
  const subscription = await subscribe(context.runtime, guarded);
  await guarded.begin(subscription);
  return subscription;
}

/** What `subscribe` asks, on behalf of one viewer. One object for all of it: there is one for each subscription that lives. */
class GuardedStream implements SubscribeOptions, SessionWatcher {
  readonly #context: Context;
  readonly #options: EventStreamOptions;
  /** Who was asked for when the stream was opened. */
  readonly #viewer: Viewer;
  readonly endsAccess?: (entry: LogEntry) => boolean;
  #subscription: StreamSubscription | null = null;

  constructor(context: Context, options: EventStreamOptions) {
    this.#context = context;
    this.#options = options;
    this.#viewer = context.viewer;
    const { endsAccess } = options;
    if (endsAccess !== undefined) this.endsAccess = (entry) => endsAccess(entry, this.#viewer);
  }

  get topic(): Topic {
    return this.#options.topic;
  }

  get after(): string | null {
    return this.#options.after ?? null;
  }

  get anewFrom(): string {
    return this.#options.anewFrom;
  }

  get filter(): EventFilter | undefined {
    return this.#options.filter;
  }

  get backlog(): Backlog {
    return this.#context.backlog;
  }

  authorize(): Promise<AuthorizationClass> {
    return this.#authorize(this.#viewer);
  }

  /** From here on the viewer's token is watched. */
  async begin(subscription: StreamSubscription): Promise<void> {
    this.#subscription = subscription;
    if (subscription.closed) return;
    this.#context.session.watch(this);
    // Renewed while the stream was being opened: the policy was asked about the token before.
    const renewed = this.#context.viewer;
    if (renewed !== this.#viewer) await this.#askAgain(renewed);
  }

  onTaken({ announcedAt }: SizedEntry): void {
    this.#context.delivery.announcedAt = announcedAt ?? null;
  }

  onReleased(): void {
    this.#context.session.unwatch(this);
  }

  onEnded(error: TidingsError): void {
    this.#subscription?.fail(error, 'at-once');
  }

  onRenewed(viewer: Viewer): void {
    void this.#askAgain(viewer);
  }

  async #authorize(asking: Viewer): Promise<AuthorizationClass> {
    return requireClass(await this.#options.authorize(asking));
  }

  /** Whoever is of another class by now is shown what that class is shown. Never rejects. */
  #askAgain(viewer: Viewer): Promise<void> {
    const reclassify = async (asking: Viewer) =>
      this.#subscription?.reclassify(await this.#authorize(asking));
    return ask(this.#context, reclassify, viewer, (error) => this.onEnded(error));
  }
}

/** A policy that answers nothing, or `false`, has not admitted anybody: it is to throw. */
function requireClass(answer: unknown): AuthorizationClass {
  if (typeof answer === 'string' && answer !== '') return answer;
  throw new Error(
    '`authorize` has answered no authorization class: it answers one, or throws for whoever may not.',
  );
}

/** For visitors, who have no token that could expire or allow less. */
export const openVisitorStream = (
  { runtime, delivery, backlog }: Context,
  { topic, after, anewFrom }: Pick<EventStreamOptions, 'topic' | 'after' | 'anewFrom'>,
): Promise<StreamSubscription> =>
  subscribe(runtime, {
    topic,
    after: after ?? null,
    anewFrom,
    backlog,
    authorize: async () => 'visitor',
    onTaken: ({ announcedAt = null }) => (delivery.announcedAt = announcedAt),
  });

/** Ends a live subscription when its viewer's token does not count any more or no longer allows it. Answers the function that stops it. */
export function guardSubscription(
  context: Context,
  authorize: (viewer: Viewer) => unknown,
  fail: (error: TidingsError) => void,
): () => void {
  const watcher: SessionWatcher = {
    onEnded: fail,
    onRenewed: (viewer) => void ask(context, authorize, viewer, fail),
  };
  context.session.watch(watcher);
  return () => context.session.unwatch(watcher);
}

/** Never rejects. */
async function ask(
  { runtime }: Context,
  authorize: (viewer: Viewer) => unknown,
  viewer: Viewer,
  fail: (error: TidingsError) => void,
): Promise<void> {
  try {
    await authorize(viewer);
  } catch (thrown) {
    const error = toStoreError(thrown);
    if (!(error instanceof TidingsError)) {
      runtime.logger.error({ err: toLoggable(error) }, 'a policy could not be asked again');
    }
    fail(toAccessLost(error));
  }
}

/** What could not be asked is told as it is; anything else means that the renewed token allows less than before. */
function toAccessLost(error: unknown): TidingsError {
  if (error instanceof TidingsError && error.code === 'UNAVAILABLE') return error;
  return new TidingsError('FORBIDDEN', 'The renewed token no longer allows this subscription.', {
    cause: error,
  });
}
