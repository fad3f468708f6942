// The result of one event for one audience: made once, and turned into bytes once, at the first need.
import { Buffer } from 'node:buffer';
import type { ExecutionResult } from 'graphql';

export class EventResult {
  /** As clients may see it. */
  readonly result: ExecutionResult;
  #payload: Buffer | null = null;

  constructor(result: ExecutionResult) {
    this.result = result;
  }

  /** The `payload` of a `next` message: UTF-8. Shared: to be copied, and not to be changed. */
  get payload(): Buffer {
    this.#payload ??= Buffer.from(JSON.stringify(toPayload(this.result)), 'utf8');
    return this.#payload;
  }
}

/** As graphql-ws puts it: the errors last. */
export const toPayload = ({ errors, ...rest }: ExecutionResult): object => ({
  ...rest,
  ...(errors === undefined ? {} : { errors: errors.map((error) => error.toJSON()) }),
});
