// How often one user or service may do what: so many points in each window of two seconds, counted by the engine over all nodes. Whoever
// may do much is given a share of it at a time, so that not every publish asks Redis.
import type { RateKind, RatesPerSecond } from '../config.ts';
import type { RateLimit, Rates } from '../engines/engine.ts';
import { TidingsError } from '../errors.ts';
import type { Viewer } from '../auth/viewer.ts';

export interface RateLimits {
  /** Throws, or rejects with, RATE_LIMITED with `retryAfterMs` where it is too often. Null where it is allowed at once. */
  take(viewer: Viewer, asked: Asked): Promise<void> | null;
}

export interface Asked {
  readonly kind: RateKind;
  /** The name of the field. */
  readonly field: string;
}

export interface RateLimitsOptions {
  readonly ratesPerSecond: RatesPerSecond;
  /** For single fields, in place of the rate of their kind. */
  readonly mutationRates: ReadonlyMap<string, number>;
  readonly rates: Rates;
  /** Called for each refusal. */
  readonly onRefused?: (kind: RateKind) => void;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

const windowSeconds = 2;
/** A share is a hundredth of what a window allows: the nodes of a log waste no more than that each. */
const sharesPerWindow = 100;
/** These many are looked through for those whose window is over. */
const sweepAbove = 10_000;

/** What this node may still grant of one key. */
interface Share {
  left: number;
  /** By our own clock. */
  endsAt: number;
  /** Whether the window has nothing more to give. */
  isSpent: boolean;
  refill: Promise<void> | null;
}

export function createRateLimits(options: RateLimitsOptions): RateLimits {
  const { ratesPerSecond, mutationRates, rates } = options;
  const { onRefused = () => undefined, now = () => performance.now() } = options;
  const shares = new Map<string, Share>();
  let nextSweepAt = 0;

  const sweep = (at: number): void => {
    if (shares.size < sweepAbove || at < nextSweepAt) return;
    nextSweepAt = at + windowSeconds * 1_000;
    for (const [key, share] of shares) if (share.endsAt <= at && share.refill === null) shares.delete(key);
  };
  const find = (key: string): Share => {
    const known = shares.get(key);
    if (known !== undefined) return known;
    const share: Share = { left: 0, endsAt: 0, isSpent: false, refill: null };
    shares.set(key, share);
    return share;
  };
  const refill = async (share: Share, key: string, limit: RateLimit): Promise<void> => {
    const wanted = Math.max(1, Math.floor(limit.points / sharesPerWindow));
    const { granted, resetsInMs } = await rates.take(key, wanted, limit);
    share.left = granted;
    share.endsAt = now() + Math.max(resetsInMs, 1);
    share.isSpent = granted < wanted;
  };
  /** Whether it was granted, or undefined where that has to be asked. */
  const spend = (share: Share): boolean | undefined => {
    const at = now();
    if (at >= share.endsAt) return undefined;
    if (share.left > 0) {
      share.left -= 1;
      return true;
    }
    return share.isSpent ? false : undefined;
  };
  const refuse = (share: Share, perSecond: number): TidingsError => {
    const retryAfterMs = Math.max(1, Math.ceil(share.endsAt - now()));
    return new TidingsError(
      'RATE_LIMITED',
      `That is too often: ${perSecond} a second are allowed, and twice as many at once. Try again in ${retryAfterMs} ms.`,
      { retryAfterMs },
    );
  };

  return {
    take(viewer, asked) {
      const kind = kindOf(viewer, asked.kind);
      const own = mutationRates.get(asked.field);
      const perSecond = own ?? ratesPerSecond[kind];
      const limit: RateLimit = { points: perSecond * windowSeconds, windowSeconds };
      const counted = own === undefined ? kind : asked.field;
      const key = JSON.stringify([viewer.workspace, viewer.id, counted]);
      sweep(now());
      const share = find(key);
      const settle = (granted: boolean): null => {
        if (granted) return null;
        onRefused(kind);
        throw refuse(share, perSecond);
      };
      const atOnce = spend(share);
      if (atOnce !== undefined) return settle(atOnce);
      return (async () => {
        for (;;) {
          const granted = spend(share);
          if (granted !== undefined) return void settle(granted);
          share.refill ??= refill(share, key, limit).finally(() => (share.refill = null));
          await share.refill;
        }
      })();
    },
  };
}

/** A service speaks for many: what it does in chat counts as published. */
const kindOf = (viewer: Viewer, kind: RateKind): RateKind =>
  kind === 'message' && (viewer.scopes.has('chat:write') || viewer.scopes.has('rooms:publish'))
    ? 'publish'
    : kind;
