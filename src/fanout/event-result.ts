// The result of one event for one audience: made once, and turned into bytes once, at the first need.
import { Buffer } from 'node:buffer';
import type { ExecutionResult } from 'graphql';

/** UTF-8 that is copied for each receiver, and not to be changed; or a text that is written once, where there is only one. */
export type Payload = Buffer | string;

export class EventResult {
  /** As clients may see it. */
  readonly result: ExecutionResult;
  readonly #isShared: boolean;
  #payload: Payload | null = null;

  constructor(result: ExecutionResult, isShared: boolean) {
    this.result = result;
    this.#isShared = isShared;
  }

  /** The `payload` of a `next` message. Throws where JSON can not hold it. */
  get payload(): Payload {
    if (this.#payload !== null) return this.#payload;
    const text = JSON.stringify(toPayload(this.result));
    this.#payload = this.#isShared ? Buffer.from(text, 'utf8') : text;
    return this.#payload;
  }
}

/** As graphql-ws puts it: the errors last. */
export function toPayload(result: ExecutionResult): object {
  const { errors, ...rest } = result;
  if (errors === undefined) return result;
  return { ...rest, errors: errors.map((error) => error.toJSON()) };
}
