// Publishing as a backend does: one request with the backend's own token, and a line about how it went.
import { useState } from 'react';
import type { AnyVariables, DocumentInput } from 'urql';
import { sentenceOf } from '../parts/notes.tsx';
import { useSession } from '../session.tsx';

export interface Outcome {
  readonly id: number;
  readonly sentence: string;
  readonly failed: boolean;
}

export interface Publisher {
  /** The newest first. */
  readonly outcomes: readonly Outcome[];
  /** Resolves when it is stored, or was refused. */
  publish<Data, Input extends AnyVariables>(
    sentence: string,
    document: DocumentInput<Data, Input>,
    variables: Input,
  ): Promise<void>;
}

const kept = 5;
let lastId = 0;

export function usePublisher(): Publisher {
  const { backend } = useSession();
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  return {
    outcomes,
    async publish(sentence, document, variables) {
      const { error } = await backend.mutation(document, variables).toPromise();
      const outcome: Outcome = {
        id: (lastId += 1),
        sentence: error === undefined ? sentence : `${sentence}: ${sentenceOf(error)}`,
        failed: error !== undefined,
      };
      setOutcomes((before) => [outcome, ...before].slice(0, kept));
    },
  };
}
