// How a subscription field follows an event stream on behalf of a viewer: authorized before it starts, again when the
// viewer's token is renewed, and over when it expires.
import { TidingsError } from '../errors.ts';
import type { Viewer } from '../auth/viewer.ts';
import { toLoggable, toStoreError } from '../store/store-errors.ts';
import type { EventFilter } from '../streams/event-filter.ts';
import { subscribe, type StreamSubscription } from '../streams/subscribe.ts';
import type { LogEntry } from '../streams/log-entry.ts';
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
  const { runtime } = context;
  const { topic, after, anewFrom, filter, endsAccess } = options;
  const authorize = async (asking: Viewer) => requireClass(await options.authorize(asking));
  const viewer = context.viewer;
  let stopWatching = () => {};
  const subscription = await subscribe(runtime, {
    topic,
    after: after ?? null,
    anewFrom,
    authorize: () => authorize(viewer),
    backlog: context.backlog,
    ...(filter === undefined ? {} : { filter }),
    ...(endsAccess === undefined ? {} : { endsAccess: (entry: LogEntry) => endsAccess(entry, viewer) }),
    onTaken: ({ announcedAt = null }) => (context.delivery.announcedAt = announcedAt),
    onReleased: () => stopWatching(),
  });
  /** Whoever is of another class now is shown what that class is shown. */
  const reclassify = async (asking: Viewer) => subscription.reclassify(await authorize(asking));
  stopWatching = guardSubscription(context, reclassify, (error) => subscription.fail(error, 'at-once'));
  if (subscription.closed) stopWatching();
  // Renewed while the stream was being opened: the policy was asked about the token before.
  const renewed = context.viewer;
  if (renewed !== viewer)
    await ask(context, reclassify, renewed, (error) => subscription.fail(error, 'at-once'));
  return subscription;
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
  return context.session.watch({
    onEnded: fail,
    onRenewed: (viewer) => void ask(context, authorize, viewer, fail),
  });
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
