// One subscription of the application over however many connections it takes.
//
//   finding its place ──> following <── sent again after a new connection, from the last cursor
//          └── an error that may pass ──> waiting ──> (once more) …      any other error ──> ended
//
// Event streams: its place is the `after` that it was given, the cursor of its last event, or, before there is either, where
// the stream stands when it begins (start-cursors.ts). So nothing is lost, whenever the connection goes.
import type { DocumentNode } from 'graphql';
import { toWaitMs } from './backoff.ts';
import { codeOf, retryAfterMsOf, type ConnectionClosedError, type ServerError } from './client-errors.ts';
import type { Connection } from './connection.ts';
import type { OperationResult } from './socket-session.ts';
import { readStartCursor, type CursorQueries } from './start-cursors.ts';
import { toStreamDocument, type StreamDocument, type Variables } from './stream-document.ts';

export interface SubscriptionSink {
  result(result: OperationResult): void;
  /**
   * It begins anew: with live state, the current state comes next and what was known before is worth nothing. With an
   * event stream it goes on where it was. Not called at the first time.
   */
  resumed?(): void;
  /** It has ended: with `CURSOR_EXPIRED` what was read has to be read again. */
  error(errors: readonly ServerError[]): void;
  closed(error: ConnectionClosedError): void;
  complete(): void;
}

export interface SubscriptionContext {
  readonly connection: Pick<Connection, 'start'>;
  readonly cursorQueries: CursorQueries;
  cursorExpired(field: string): void;
  readonly now: () => number;
  readonly random: () => number;
  readonly log: (what: string, detail?: unknown) => void;
}

/** What was followed for so long had begun well: the next failure counts as the first. */
const provenMs = 10_000;

export class LiveSubscription {
  readonly #context: SubscriptionContext;
  readonly #sink: SubscriptionSink;
  readonly #document: StreamDocument;
  #variables: Variables;
  /** What ends the present step. */
  #stop: () => void = () => {};
  #ended = false;
  #sends = 0;
  #failures = 0;
  /** When it was last sent, to be followed. */
  #sentAt: number | null = null;
  /**
   * A result without data. Servers tell so that a subscription can not be opened: as its only result, with `complete` right
   * behind it. Where something else follows it was an event that could not be told.
   */
  #unclear: OperationResult | null = null;

  constructor(
    context: SubscriptionContext,
    document: DocumentNode,
    variables: Variables,
    sink: SubscriptionSink,
  ) {
    this.#context = context;
    this.#sink = sink;
    this.#document = toStreamDocument(document, (field) => field in context.cursorQueries);
    this.#variables = variables;
    this.#begin();
  }

  stop(): void {
    this.#ended = true;
    this.#stop();
  }

  #begin(): void {
    const query = this.#cursorQuery();
    if (query === null) this.#follow();
    else this.#findPlace(query);
  }

  /** null where the place is known, or there is none. */
  #cursorQuery() {
    const { resume, field, argumentsFor } = this.#document;
    if (resume === null || this.#place !== null) return null;
    return this.#context.cursorQueries[field]?.(argumentsFor(this.#variables)) ?? null;
  }

  /** The cursor to go on from. */
  get #place(): string | null {
    const { resume, argumentsFor } = this.#document;
    if (resume === null) return null;
    const cursor = this.#variables[resume.variable] ?? argumentsFor(this.#variables)['after'];
    return typeof cursor === 'string' ? cursor : null;
  }

  #moveTo(cursor: unknown): void {
    const { resume } = this.#document;
    if (resume === null || typeof cursor !== 'string') return;
    this.#variables = { ...this.#variables, [resume.variable]: cursor };
  }

  #findPlace({ query, variables }: { readonly query: string; readonly variables: Variables }): void {
    this.#stop = this.#context.connection.start({
      payload: () => ({ query, variables }),
      next: ({ data, errors }) => {
        this.#stop();
        if (errors !== undefined) return this.#failed(errors);
        this.#moveTo(readStartCursor(data));
        this.#follow();
      },
      error: (errors) => this.#failed(errors as readonly ServerError[]),
      complete: () => {},
      closed: (error) => this.#end(() => this.#sink.closed(error)),
    });
  }

  #follow(): void {
    const { query, operationName, resume } = this.#document;
    this.#stop = this.#context.connection.start({
      payload: () => {
        const place = this.#place;
        const variables =
          resume === null || place === null
            ? this.#variables
            : { ...this.#variables, [resume.variable]: place };
        return { query, variables, ...(operationName !== undefined && { operationName }) };
      },
      sent: () => {
        this.#unclear = null;
        this.#sends += 1;
        this.#sentAt = this.#context.now();
        const { field } = this.#document;
        this.#context.log(
          `${field} is followed${this.#sends > 1 ? ' again' : ''}`,
          this.#place ?? 'from its current state',
        );
        if (this.#sends === 1) return;
        this.#sink.resumed?.();
      },
      next: (result) => {
        this.#clear();
        if (result.data == null && result.errors !== undefined) {
          this.#unclear = result;
          return;
        }
        this.#failures = 0;
        if (resume !== null) this.#moveTo(readAt(result.data, resume.path));
        this.#sink.result(result);
      },
      error: (errors) => {
        this.#clear();
        this.#failed(errors as readonly ServerError[]);
      },
      complete: () => {
        const refusal = this.#unclear?.errors;
        this.#unclear = null;
        if (refusal === undefined) this.#end(() => this.#sink.complete());
        else this.#failed(refusal);
      },
      closed: (error) => this.#end(() => this.#sink.closed(error)),
    });
  }

  /** What was unclear is an event. */
  #clear(): void {
    const result = this.#unclear;
    this.#unclear = null;
    if (result !== null) this.#sink.result(result);
  }

  #failed(errors: readonly ServerError[]): void {
    if (this.#ended) return;
    const { log, random } = this.#context;
    const retryAfterMs = retryAfterMsOf(errors);
    const code = codeOf(errors);
    if (retryAfterMs === null) {
      log(`${this.#document.field} has ended`, code ?? errors);
      if (code === 'CURSOR_EXPIRED') this.#context.cursorExpired(this.#document.field);
      return this.#end(() => this.#sink.error(errors));
    }
    if (this.#isProven) this.#failures = 0;
    this.#failures += 1;
    const waitMs = Math.max(retryAfterMs, toWaitMs(this.#failures, random()));
    log(`${this.#document.field}: ${code}; trying again in ${waitMs} ms`);
    const timer = setTimeout(() => this.#begin(), waitMs);
    this.#stop = () => clearTimeout(timer);
  }

  /** Whether it was followed for a while, though nothing may have come. */
  get #isProven(): boolean {
    const sentAt = this.#sentAt;
    this.#sentAt = null;
    return sentAt !== null && this.#context.now() - sentAt > provenMs;
  }

  #end(tell: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    tell();
  }
}

function readAt(data: OperationResult['data'], [root, key]: readonly [string, string]): unknown {
  const event = data?.[root];
  return typeof event === 'object' && event !== null ? (event as Record<string, unknown>)[key] : undefined;
}
