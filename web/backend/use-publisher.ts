// Publishing as a backend does, with `tidings/publisher` and the backend's own token, and a line about how each publishing goes.
import { useRef, useState } from 'react';
import { PublishError, type Publisher as BackendPublisher } from '../../src/publisher/index.ts';
import { TokenError } from '../development-token.ts';
import { unreachable } from '../parts/notes.tsx';
import { useSession } from '../session.tsx';
import { randomId } from '../parts/random-id.ts';

export interface Outcome {
  readonly id: number;
  readonly sentence: string;
  readonly state: 'sending' | 'published' | 'failed';
}

type Method = 'publishOrderUpdate' | 'publishInventoryAlert' | 'publishAnnouncement' | 'sendNotification';

export interface Publisher {
  /** The newest first. */
  readonly outcomes: readonly Outcome[];
  /**
   * Resolves with whether it is stored. What may have been stored when it failed keeps its key: published once more, it happens
   * once.
   */
  publish<Name extends Method>(
    sentence: string,
    method: Name,
    input: Omit<Parameters<BackendPublisher[Name]>[0], 'idempotencyKey'>,
  ): Promise<boolean>;
}

const kept = 5;
let lastId = 0;

export function usePublisher(): Publisher {
  const { backend } = useSession();
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  /** By what was to be published. */
  const unfinished = useRef(new Map<string, string>());
  const begin = (outcome: Outcome) => setOutcomes((before) => [outcome, ...before].slice(0, kept));
  const end = (outcome: Outcome) =>
    setOutcomes((before) => before.map((known) => (known.id === outcome.id ? outcome : known)));

  return {
    outcomes,
    async publish(whole, method, input) {
      const sentence = shortened(whole);
      const id = (lastId += 1);
      const what = JSON.stringify([method, input]);
      const idempotencyKey = unfinished.current.get(what) ?? randomId();
      const send = backend[method] as (input: object) => Promise<unknown>;
      begin({ id, sentence, state: 'sending' });
      try {
        await send({ ...input, idempotencyKey });
      } catch (error) {
        const isUnknown = error instanceof PublishError && error.outcome === 'unknown';
        if (isUnknown) unfinished.current.set(what, idempotencyKey);
        end({ id, sentence: `${sentence}: ${publishSentenceOf(error)}`, state: 'failed' });
        return false;
      }
      unfinished.current.delete(what);
      end({ id, sentence, state: 'published' });
      return true;
    },
  };
}

/** What services read in their logs is more than a page has room for. */
function publishSentenceOf(error: unknown): string {
  if (!(error instanceof PublishError)) return String(error);
  if (error.cause instanceof TokenError) return error.cause.message;
  if (['UNREACHABLE', 'TIMEOUT', 'UNAVAILABLE'].includes(error.code)) return unreachable;
  return error.message
    .replace(/^.* failed with [A-Z_]+(?: after \d+ attempts)?: /, '')
    .replace(/ It may have been carried out all the same.*$/, '');
}

const longest = 100;

/** An announcement may be as long as a page. */
const shortened = (sentence: string): string =>
  sentence.length > longest ? `${sentence.slice(0, longest)}…` : sentence;
