// A subscription as a test reads it: one event after another, and the certainty that there is none.
import type { FormattedExecutionResult } from 'graphql-ws';
import { ResponseError } from './response-error.ts';

/** Disposed of, it is given up: the server knows of it when that resolves. */
export interface Reader<Event> extends AsyncDisposable {
  /** Everything that has come so far, read or not. */
  readonly received: readonly Event[];
  /**
   * The next event that nobody has read, and that matches where something is to match: those before it count as read. Rejects
   * after `timeoutMs` (5,000 unless given) with what has come so far, and with ResponseError where the subscription has ended.
   */
  nextEvent(matching?: (event: Event) => boolean, options?: WaitOptions): Promise<Event>;
  /**
   * Resolves when everything that was committed before the call has certainly been told to this subscription, and there is
   * nothing (that matches) that nobody has read; rejects with it where there is. It does not sleep.
   *
   * Live state is certain on one process: what has been told by the call, but not what the server holds back on purpose, like
   * the three seconds before somebody who has left is OFFLINE, or a renewal of typing. With Redis it may still be under way.
   */
  expectNoEvent(matching?: (event: Event) => boolean, options?: WaitOptions): Promise<void>;
}

export interface WaitOptions {
  readonly timeoutMs?: number | undefined;
}

export const defaultTimeoutMs = 5_000;
/** As much of what has come is shown in an error. */
const maxShownEvents = 20;
const maxShownCharacters = 1_000;

type Result = FormattedExecutionResult<Record<string, unknown>>;

/** `settled` resolves when everything is there that was told before it was called. */
export class EventReader<Event> implements Reader<Event> {
  readonly received: Event[] = [];
  readonly #settled: (timeoutMs: number) => Promise<void>;
  readonly #end: () => Promise<void>;
  /** An event, or what took its place. */
  #unread: ({ readonly event: Event } | { readonly error: Error })[] = [];
  #failure: Error | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(settled: (timeoutMs: number) => Promise<void>, end: () => Promise<void>) {
    this.#settled = settled;
    this.#end = end;
  }

  /** Why nothing follows; where it was refused, with what. */
  get failure(): Error | null {
    const refusal = this.#unread.find((next) => 'error' in next);
    return this.#failure === null ? null : (refusal?.error ?? this.#failure);
  }

  receive({ data, errors }: Result): void {
    if (errors !== undefined) this.#unread.push({ error: new ResponseError(errors) });
    else {
      const event = data as Event;
      this.received.push(event);
      this.#unread.push({ event });
    }
    this.#wake();
  }

  /** Nothing follows. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  async nextEvent(
    matching: (event: Event) => boolean = () => true,
    { timeoutMs = defaultTimeoutMs }: WaitOptions = {},
  ): Promise<Event> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      for (let next = this.#unread.shift(); next !== undefined; next = this.#unread.shift()) {
        if ('error' in next) throw next.error;
        if (matching(next.event)) return next.event;
      }
      if (this.#failure !== null) throw this.#failure;
      const leftMs = until - performance.now();
      if (leftMs <= 0) {
        throw new Error(`No event${nameOf(matching)} came within ${timeoutMs} ms. ${this.#describe()}`);
      }
      await this.#change(leftMs);
    }
  }

  async expectNoEvent(
    matching: (event: Event) => boolean = () => true,
    { timeoutMs = defaultTimeoutMs }: WaitOptions = {},
  ): Promise<void> {
    await this.#settled(timeoutMs);
    for (const next of this.#unread) {
      if ('error' in next) throw next.error;
      if (matching(next.event)) {
        throw new Error(`An event${nameOf(matching)} has come: ${show(next.event)}. ${this.#describe()}`);
      }
    }
    // Of a subscription that has ended nothing is to be expected: that says nothing of what was published.
    if (this.#failure !== null) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.fail(new Error('The subscription was given up by the test.'));
    await this.#end();
  }

  /** Resolves when something has come, or the time is over. */
  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #describe(): string {
    const { received } = this;
    if (received.length === 0) return 'Nothing has come so far.';
    const shown = received.slice(-maxShownEvents).map(show).join('\n  ');
    return `So far ${received.length} ${received.length === 1 ? 'has' : 'have'} come:\n  ${shown}`;
  }
}

const nameOf = (matching: { readonly length: number }): string =>
  matching.length > 0 ? ' that matches' : '';

function show(event: unknown): string {
  const text = JSON.stringify(event);
  return text.length <= maxShownCharacters ? text : `${text.slice(0, maxShownCharacters)}…`;
}
