// Publishes steadily or as fast as it is received, and measures from publishing to receipt. Every phase ends when all of
// its events have reached all of their subscribers, so that nothing of one phase is counted in another.
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedTopic, PublishedEvent } from './delivery-check.ts';
import type { Kind } from './events.ts';
import { toPublishable, type Publisher, type PublishableEvent } from './publishers.ts';

export type Pace =
  /** So many events a second, over all topics, in calls of at most `perCall` topics. */
  | { readonly name: 'at-rest'; readonly perSecond: number; readonly perCall: number }
  /** Publishes whenever fewer than `window` events are on their way. */
  | { readonly name: 'saturated'; readonly window: number; readonly perCall: number };

export interface TrafficFigures {
  readonly delivered: number;
  readonly events: number;
  /** From the first publish until everything was received. */
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of this process, in microseconds. */
  readonly ownCpu: number;
}

/** Topics that are published to in one call, always together, so that their events have the same label. */
interface Lane {
  readonly topics: readonly CheckedTopic[];
  /** The label of the last event. */
  last: number;
  underWay: number;
}

/** Something has not come, although it was waited for. */
export class Undelivered extends Error {}

/** So long everything may take to arrive. */
export const drainMs = 30_000;
const probeWaitMs = 500;
const maxProbes = 30;

export class Traffic {
  readonly #publisher: Publisher;
  readonly #kind: Kind;
  readonly #topics: readonly CheckedTopic[];
  /** Events that some subscriber does not have. */
  #onTheirWay = 0;
  #delivered = 0;
  #latencies: RecordableHistogram = newHistogram();
  /** The last label of every topic, between two phases. */
  #last = 0;
  #fault: Error | null = null;
  /** Looks again whether something is to be done. */
  #wake: () => void = () => undefined;
  #isWaking = false;

  constructor({
    publisher,
    kind,
    topics,
  }: {
    readonly publisher: Publisher;
    readonly kind: Kind;
    readonly topics: readonly CheckedTopic[];
  }) {
    this.#publisher = publisher;
    this.#kind = kind;
    this.#topics = topics;
  }

  noteDelivered(event: PublishedEvent, receivedAt: number): void {
    this.#delivered += 1;
    this.#latencies.record(Math.max(1, Math.round((receivedAt - event.publishedAt) * 1e6)));
  }

  noteComplete(): void {
    this.#onTheirWay -= 1;
    this.#wakeSoon();
  }

  /** The phase rejects with the first one. */
  noteFault(error: Error): void {
    this.#fault ??= error;
    this.#wakeSoon();
  }

  /**
   * Publishes until an event has reached everybody: whether a server has subscribed, nothing else tells. Events before
   * that one are forgotten.
   */
  async probe(): Promise<void> {
    const lanes = this.#toLanes(500);
    for (let attempt = 0; attempt < maxProbes; attempt += 1) {
      const events: PublishedEvent[] = [];
      for (const lane of lanes) events.push(...(await this.#publish(lane)));
      this.#last += 1;
      const hasReachedAll = () => events.every(({ missing }) => missing === 0);
      // A slow server is waited for as long as it goes on delivering.
      for (let before = -1; before < this.#delivered && !hasReachedAll();) {
        before = this.#delivered;
        await this.until(hasReachedAll, probeWaitMs);
      }
      if (!hasReachedAll()) continue;
      for (const topic of this.#topics) {
        topic.events.clear();
        topic.unnumbered.clear();
      }
      this.#onTheirWay = 0;
      return;
    }
    throw new Undelivered(`After ${maxProbes} events not every subscriber had got one.`);
  }

  /** Rejects with what was wrong, or where something has not come within half a minute after the last event. */
  async run(pace: Pace, seconds: number): Promise<TrafficFigures> {
    this.#delivered = 0;
    this.#latencies = newHistogram();
    const lanes = this.#toLanes(pace.perCall);
    const before = this.#last;
    const cpu = process.cpuUsage();
    const began = performance.now();
    const endsAt = began + seconds * 1_000;
    if (pace.name === 'at-rest') await this.#runAtRest(lanes, pace.perSecond, endsAt);
    else await this.#runSaturated(lanes, pace.window, endsAt);
    await this.until(() => this.#onTheirWay === 0, drainMs);
    const took = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    if (this.#onTheirWay > 0)
      throw new Undelivered(`${this.#onTheirWay} events have not reached all of their subscribers.`);
    this.#last = lanes[0]?.last ?? 0;
    if (lanes.some(({ last }) => last !== this.#last))
      throw new Error('Publishing has come to a standstill.');
    return {
      delivered: this.#delivered,
      events: (this.#last - before) * this.#topics.length,
      seconds: took,
      p50Ms: this.#latencies.percentile(50) / 1e6,
      p99Ms: this.#latencies.percentile(99) / 1e6,
      ownCpu: user + system,
    };
  }

  /** A lane after the other, and every lane equally often. */
  async #runAtRest(lanes: readonly Lane[], perSecond: number, endsAt: number): Promise<void> {
    const began = performance.now();
    const calls: Promise<unknown>[] = [];
    let published = 0;
    do {
      for (const lane of lanes) {
        const dueMs = (published * 1_000) / perSecond - (performance.now() - began);
        if (dueMs > 0) await sleep(dueMs);
        await this.until(() => this.#mayPublish(lane), drainMs);
        calls.push(this.#publish(lane));
        published += lane.topics.length;
      }
    } while (performance.now() < endsAt);
    await Promise.all(calls);
  }

  /** When the time is over, lanes that are behind catch up with the others. */
  async #runSaturated(lanes: readonly Lane[], window: number, endsAt: number): Promise<void> {
    let isOver = false;
    let furthest = 0;
    const publishMore = (): void => {
      isOver ||= performance.now() >= endsAt;
      for (let hasPublished = true; hasPublished;) {
        hasPublished = false;
        for (const lane of lanes) {
          const hasRoom = this.#onTheirWay + lane.topics.length <= window;
          if (!hasRoom || !this.#mayPublish(lane) || (isOver && lane.last >= furthest)) continue;
          this.#publish(lane).then(
            () => this.#wakeSoon(),
            (error: Error) => this.noteFault(error),
          );
          furthest = Math.max(furthest, lane.last);
          hasPublished = true;
        }
      }
    };
    await this.until(
      () => {
        publishMore();
        return isOver && lanes.every(({ last, underWay }) => last === furthest && underWay === 0);
      },
      endsAt - performance.now() + drainMs,
    );
  }

  #toLanes(perCall: number): readonly Lane[] {
    const lanes: Lane[] = [];
    for (let from = 0; from < this.#topics.length; from += perCall) {
      lanes.push({ topics: this.#topics.slice(from, from + perCall), last: this.#last, underWay: 0 });
    }
    return lanes;
  }

  #mayPublish(lane: Lane): boolean {
    return lane.underWay < this.#publisher.maxUnderWay(this.#kind);
  }

  /** An event for each topic of the lane. */
  async #publish(lane: Lane): Promise<readonly PublishedEvent[]> {
    lane.last += 1;
    const label = lane.last;
    const publishedAt = performance.now();
    const published: PublishedEvent[] = [];
    const publishable: PublishableEvent[] = [];
    for (const topic of lane.topics) {
      const toPublish = toPublishable(this.#kind, topic.name, { label, as: this.#publisher });
      const event: PublishedEvent = {
        sequence: toPublish.json === null ? 0 : label,
        label,
        publishedAt,
        text: toPublish.text,
        message: toPublish.json,
        reference: null,
        missing: topic.subscribers,
      };
      (toPublish.json === null ? topic.unnumbered : topic.events).set(label, event);
      published.push(event);
      publishable.push(toPublish);
    }
    this.#onTheirWay += published.length;
    lane.underWay += 1;
    await this.#publisher.publish(this.#kind, publishable);
    lane.underWay -= 1;
    return published;
  }

  /**
   * Asks again whenever something has changed, and every now and then. Resolves when it is so, or the time is over. Rejects
   * with the first fault.
   */
  async until(isSo: () => boolean, timeoutMs: number): Promise<void> {
    const endsAt = performance.now() + timeoutMs;
    for (;;) {
      if (this.#fault !== null) throw this.#fault;
      if (isSo()) return;
      const left = endsAt - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 20));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Once a turn, however many events were completed in it. */
  #wakeSoon(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      this.#wake();
    });
  }
}

const newHistogram = (): RecordableHistogram => createHistogram({ lowest: 1, highest: 600e9, figures: 3 });
