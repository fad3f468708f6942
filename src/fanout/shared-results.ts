// A member of an audience in the form that whoever speaks HTTP asks for: results, one for each `next`, executed once for all.
import type { ExecutionResult } from 'graphql';
import type { Delivery } from '../schema/context.ts';
import type { Failure } from '../streams/push-iterator.ts';
import type { EventResult } from './event-result.ts';
import type { Member, Receiver } from './member.ts';

type Step = IteratorResult<ExecutionResult, undefined>;
const done: Step = { done: true, value: undefined };

/** Pulled by one consumer, one result at a time. */
export class SharedResults implements AsyncGenerator<ExecutionResult, undefined, void>, Receiver {
  readonly #member: Member;
  readonly #delivery: Delivery;
  #phase: 'waiting' | 'live' | 'over' = 'waiting';
  #failure: Failure | null = null;
  #asked: { resolve(step: Step): void; reject(error: unknown): void } | null = null;
  #resume: (() => void) | null = null;

  /** `delivery` is told of what is being delivered. */
  constructor(member: Member, delivery: Delivery) {
    this.#member = member;
    this.#delivery = delivery;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  next(): Promise<Step> {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      if (this.#phase === 'over') return this.#answerOver();
      const resume = this.#resume;
      this.#resume = null;
      if (this.#phase === 'live') return resume?.();
      this.#phase = 'live';
      this.#member.deliverTo(this);
    });
  }

  return(): Promise<Step> {
    this.#failure = null;
    this.#phase = 'over';
    this.#member.stop();
    this.#answerOver();
    return Promise.resolve(done);
  }

  async throw(error: unknown): Promise<Step> {
    await this.return();
    throw error;
  }

  get isReady(): boolean {
    return this.#asked !== null;
  }

  onceReady(resume: () => void): void {
    this.#resume = resume;
  }

  forget(): void {
    this.#resume = null;
  }

  receive({ result }: EventResult, announcedAt: number | null): void {
    this.#delivery.announcedAt = announcedAt;
    const asked = this.#asked;
    this.#asked = null;
    asked?.resolve({ done: false, value: result });
  }

  end(failure: Failure | null): void {
    this.#phase = 'over';
    this.#failure = failure;
    this.#answerOver();
  }

  #answerOver(): void {
    const [asked, failure] = [this.#asked, this.#failure];
    if (asked === null) return;
    this.#asked = null;
    this.#failure = null;
    if (failure === null) asked.resolve(done);
    else asked.reject(failure.error);
  }
}
