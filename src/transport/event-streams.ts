// Subscriptions over SSE: one that fails, or that the server has to end, tells its error as the last result instead of
// breaking off.
import type { ExecutionResult } from 'graphql';
import { TidingsError } from '../errors.ts';
import type { ClientErrors } from './client-errors.ts';

type Results = AsyncGenerator<ExecutionResult, void, void>;
type Step = IteratorResult<ExecutionResult, void>;

export interface EventStreams {
  /** Follows `results` until they end or all are ended. Pulled by one consumer, one result at a time. */
  open(results: Results): Results;
  endAll(): void;
}

const goingAway = () =>
  new TidingsError('UNAVAILABLE', 'This server is going away. Subscribe again after your last cursor.');

export function createEventStreams(clientErrors: ClientErrors): EventStreams {
  const ends = new Set<() => void>();
  const lastWordFor = (error: unknown): Step => ({
    done: false,
    value: { errors: [clientErrors.toClientError(error)] },
  });

  const open = (results: Results): Results => {
    let phase: 'open' | 'last-word' | 'over' = 'open';
    let lastWord: Step = { done: true, value: undefined };
    let answer: ((step: Step) => void) | null = null;

    const end = (error: unknown): void => {
      if (phase !== 'open') return;
      ends.delete(endNow);
      lastWord = lastWordFor(error);
      phase = answer === null ? 'last-word' : 'over';
      answer?.(lastWord);
    };
    const endNow = (): void => {
      end(goingAway());
      results.return(undefined).catch(() => undefined); // it has been told how it ended
    };
    const close = (): void => {
      phase = 'over';
      ends.delete(endNow);
      answer?.({ done: true, value: undefined });
    };
    const pull = (): Promise<Step> =>
      new Promise((resolve) => {
        answer = resolve;
        results.next().then((step) => {
          if (phase !== 'open') return;
          answer = null;
          if (step.done === true) close();
          resolve(
            step.done === true ? step : { done: false, value: clientErrors.toClientResult(step.value) },
          );
        }, end);
      });
    const next = async (): Promise<Step> => {
      if (phase === 'open') return pull();
      const step: Step = phase === 'last-word' ? lastWord : { done: true, value: undefined };
      phase = 'over';
      return step;
    };

    ends.add(endNow);
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

  return { open, endAll: () => [...ends].forEach((end) => end()) };
}
