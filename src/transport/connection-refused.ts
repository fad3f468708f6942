// A connection that is not let in because as many are open as there may be, and of what.
import { TidingsError } from '../errors.ts';

/** What is full: the node, or what one address or one user may have. */
export type FullOf = 'node' | 'address' | 'user';

/** Long enough for another to end. */
const retryAfterMs = 5_000;

export class ConnectionRefused extends TidingsError {
  readonly reason: FullOf;

  constructor(reason: FullOf, max: number) {
    // Of a full node others may have room.
    super(reason === 'node' ? 'UNAVAILABLE' : 'RATE_LIMITED', sentences[reason](max), { retryAfterMs });
    this.reason = reason;
  }
}

const sentences: Readonly<Record<FullOf, (max: number) => string>> = {
  node: (max) => `This node has ${max} connections, which is all that it may have: try again later.`,
  address: (max) =>
    `Your address has ${max} connections open, which is all that it may have: close some of them first.`,
  user: (max) =>
    `You have ${max} connections open, which is all that you may have: close some of them first.`,
};
