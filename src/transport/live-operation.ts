// A subscription over a WebSocket, as graphql-ws sees it: an iterator that never has a value, and ends as the subscription
// does. Its results are written beside it; errors, completion and ids stay with graphql-ws.
import type { Member, Receiver } from '../fanout/member.ts';
import type { EventResult } from '../fanout/event-result.ts';
import type { DeliveryFigures } from '../schema/delivery-figures.ts';
import type { Failure } from '../streams/push-iterator.ts';
import { nextHead } from './frames.ts';
import type { Outbox } from './outbox.ts';

export interface LiveOperationOptions {
  readonly id: string;
  readonly member: Member;
  readonly outbox: Outbox;
  readonly deliveries: DeliveryFigures;
}

type Step = IteratorResult<never, undefined>;
const done: Step = { done: true, value: undefined };

export class LiveOperation implements AsyncIterableIterator<never, undefined>, Receiver {
  readonly #member: Member;
  readonly #outbox: Outbox;
  readonly #deliveries: DeliveryFigures;
  readonly #head: string;
  #phase: 'waiting' | 'live' | 'over' = 'waiting';
  #settle: { resolve(step: Step): void; reject(error: unknown): void } | null = null;

  constructor({ id, member, outbox, deliveries }: LiveOperationOptions) {
    this.#member = member;
    this.#outbox = outbox;
    this.#deliveries = deliveries;
    this.#head = nextHead(id);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Called first once graphql-ws knows of the subscription: nothing is told before. */
  next(): Promise<Step> {
    if (this.#phase === 'over') return Promise.resolve(done);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (this.#phase === 'live') return;
      this.#phase = 'live';
      this.#member.deliverTo(this);
    });
  }

  return(): Promise<Step> {
    this.#phase = 'over';
    this.#member.stop();
    this.#settle?.resolve(done);
    return Promise.resolve(done);
  }

  /** Whether everything that there is has been written down for the client. */
  get isAtRest(): boolean {
    return this.#phase === 'over' || (this.#phase === 'live' && this.#member.isAtRest);
  }

  get isReady(): boolean {
    return this.#outbox.isReady;
  }

  onceReady(resume: () => void): void {
    this.#outbox.onceReady(resume);
  }

  forget(resume: () => void): void {
    this.#outbox.forget(resume);
  }

  receive(result: EventResult, announcedAt: number | null): void {
    this.#outbox.add({ head: this.#head, payload: result.payload });
    this.#deliveries.deliver(announcedAt);
  }

  end(failure: Failure | null): void {
    this.#phase = 'over';
    if (failure === null) this.#settle?.resolve(done);
    else this.#settle?.reject(failure.error);
  }
}
