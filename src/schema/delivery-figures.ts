// What this node has published and delivered, and how long that took: counters, and histograms of the last minute and of all
// time.
import { LatencyHistogram } from './latency-histogram.ts';

/** Of deliveries of the last minute, by bucket: see `bucketOf`. */
export type Histogram = Readonly<Record<string, number>>;

const windowSeconds = 60;
/** Buckets grow by a fifth: 0.1 ms, 0.12 ms … so a figure read from them is off by a tenth at most. */
const smallestMs = 0.1;
const growth = 1.2;

export const bucketOf = (ms: number): number =>
  ms <= smallestMs ? 0 : Math.ceil(Math.log(ms / smallestMs) / Math.log(growth));
/** In the middle of the bucket. */
const msOf = (bucket: number): number => smallestMs * growth ** (bucket - 0.5);

/** Below which a share of all deliveries lies, in milliseconds; null where there were none. */
export function quantileOf(histograms: readonly Histogram[], share: number): number | null {
  const counts = new Map<number, number>();
  let total = 0;
  for (const histogram of histograms) {
    for (const [bucket, count] of Object.entries(histogram)) {
      counts.set(Number(bucket), (counts.get(Number(bucket)) ?? 0) + count);
      total += count;
    }
  }
  let below = 0;
  for (const [bucket, count] of [...counts].sort(([one], [other]) => one - other)) {
    below += count;
    if (below >= share * total) return Math.round(msOf(bucket) * 100) / 100;
  }
  return null;
}

export class DeliveryFigures {
  readonly #now: () => number;
  /** By second. */
  readonly #seconds = new Map<number, Map<number, number>>();
  readonly #sinceStart = new LatencyHistogram();
  /** Deliveries that were alike, and when, not counted yet. */
  #run = 0;
  #runAt = 0;
  #runAnnouncedAt = 0;
  /** Events that this node has stored and told. */
  published = 0;
  /** Events that were handed to sockets. */
  delivered = 0;

  /** `now` in milliseconds. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** An event was handed to a socket. `announcedAt` is when it was told, by the clock of its publisher; null where it was read. */
  deliver(announcedAt: number | null): void {
    this.delivered += 1;
    if (announcedAt === null) return;
    const now = this.#now();
    // An event that goes to thousands: the same bucket as just before.
    if (announcedAt === this.#runAnnouncedAt && now === this.#runAt) {
      this.#run += 1;
      return;
    }
    this.#endRun();
    this.#runAnnouncedAt = announcedAt;
    this.#runAt = now;
    this.#run = 1;
  }

  /** Counts the deliveries that were alike. */
  #endRun(): void {
    if (this.#run === 0) return;
    const now = this.#runAt;
    const second = Math.floor(now / 1_000);
    const counts = this.#seconds.get(second) ?? new Map<number, number>();
    this.#seconds.set(second, counts);
    const ms = now - this.#runAnnouncedAt;
    this.#sinceStart.add(ms, this.#run);
    const bucket = bucketOf(ms);
    counts.set(bucket, (counts.get(bucket) ?? 0) + this.#run);
    this.#run = 0;
    if (this.#seconds.size > windowSeconds + 1) this.#forget(second);
  }

  lastMinute(): Histogram {
    this.#endRun();
    this.#forget(Math.floor(this.#now() / 1_000));
    const sums: Record<string, number> = {};
    for (const counts of this.#seconds.values()) {
      for (const [bucket, count] of counts) sums[bucket] = (sums[bucket] ?? 0) + count;
    }
    return sums;
  }

  /** Of the events whose publisher's moment is known. */
  sinceStart(): LatencyHistogram {
    this.#endRun();
    return this.#sinceStart;
  }

  #forget(second: number): void {
    for (const old of this.#seconds.keys()) if (old <= second - windowSeconds) this.#seconds.delete(old);
  }
}
