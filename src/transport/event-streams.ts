// Subscriptions over SSE: one that fails, or that the server has to end, tells its error as the last result instead of
// breaking off.
import type { ExecutionResult } from 'graphql';
import { TidingsError } from '../errors.ts';
import type { Context } from '../schema/context.ts';
import type { ClientErrors } from './client-errors.ts';
import type { ConnectionBook } from './connection-book.ts';
import { noteDelivery } from './note-delivery.ts';
import type { Guest } from './send-off.ts';
import type { Trace } from './trace.ts';
import type { TransportFigures } from './transport-figures.ts';

type Results = AsyncGenerator<ExecutionResult, void, void>;
type Step = IteratorResult<ExecutionResult, void>;

export interface EventStreams {
  /** Those that are open. */
  readonly size: number;
  /**
   * Follows `results` until they end, or the session does, or all are ended. Pulled by one consumer, one result at a time.
   */
  open(results: Results, context: Context, trace: Trace): Results;
  endAll(): void;
  /** Those that are open. */
  guests(): readonly Guest[];
}

const goingAway = () =>
  new TidingsError('UNAVAILABLE', 'This server is going away. Subscribe again after your last cursor.');

export interface EventStreamsOptions {
  readonly clientErrors: ClientErrors;
  readonly book: ConnectionBook;
  readonly figures: TransportFigures;
  /** Asked before anything is told, see Revocations. */
  readonly confirm: () => Promise<void> | null;
}

export function createEventStreams(options: EventStreamsOptions): EventStreams {
  const { clientErrors, book, figures, confirm } = options;
  const ends = new Set<() => void>();

  const open = (results: Results, context: Context, trace: Trace): Results => {
    const lastWordFor = (error: unknown): Step => ({
      done: false,
      value: { errors: [clientErrors.toClientError(error, trace)] },
    });
    const { session } = context;
    let phase: 'open' | 'last-word' | 'over' = 'open';
    let lastWord: Step = { done: true, value: undefined };
    let answer: ((step: Step) => void) | null = null;

    let release = (): void => undefined;
    const end = (error: unknown): void => {
      if (phase !== 'open') return;
      release();
      lastWord = lastWordFor(error);
      phase = answer === null ? 'last-word' : 'over';
      answer?.(lastWord);
    };
    const endWith = (error: unknown): void => {
      end(error);
      results.return(undefined).catch(() => undefined); // it has been told how it ended
    };
    const close = (): void => {
      phase = 'over';
      release();
      answer?.({ done: true, value: undefined });
    };
    const pull = (): Promise<Step> =>
      new Promise((resolve) => {
        answer = resolve;
        const confirmed = async (step: Step): Promise<Step> => {
          await confirm();
          return step;
        };
        results
          .next()
          .then(confirmed)
          .then((step) => {
            if (phase !== 'open') return;
            answer = null;
            if (step.done === true) close();
            else noteDelivery(context);
            resolve(
              step.done === true
                ? step
                : { done: false, value: clientErrors.toClientResult(step.value, trace) },
            );
          }, endWith);
      });
    const next = async (): Promise<Step> => {
      if (phase === 'open') return pull();
      const step: Step = phase === 'last-word' ? lastWord : { done: true, value: undefined };
      phase = 'over';
      return step;
    };

    const endNow = (): void => endWith(goingAway());
    ends.add(endNow);
    figures.opened.sse += 1;
    book.countSubscriptions(session, 1);
    release = () => {
      if (!ends.delete(endNow)) return; // it was before
      book.countSubscriptions(session, -1);
      book.remove(session);
    };
    // One whose token was revoked meanwhile is ended by this.
    book.add(session, { onRevoked: endWith });
    const opened: Results = {
      [Symbol.asyncIterator]: () => opened,
      [Symbol.asyncDispose]: async () => void (await opened.return(undefined)),
      next,
      return: () => {
        close();
        return results.return(undefined);
      },
      throw: (error) => {
        close();
        return results.throw(error);
      },
    };
    return opened;
  };

  return {
    get size() {
      return ends.size;
    },
    open,
    endAll: () => [...ends].forEach((end) => end()),
    guests: () => [...ends].map((sendOff) => ({ sendOff })),
  };
}
