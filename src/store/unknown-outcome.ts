// The one error after which nobody knows whether a transaction took effect; pg-store.ts throws it.
import { TidingsError } from '../errors.ts';

/**
 * COMMIT was sent and its answer was lost: the transaction may or may not have taken effect. Only an idempotency key
 * makes trying again safe.
 */
export class UnknownOutcomeError extends TidingsError {
  constructor(cause: unknown) {
    super(
      'UNAVAILABLE',
      'The connection to the database was lost while the change was being saved, so it is unknown whether it took ' +
        'effect. Try again with the same idempotency key.',
      { cause },
    );
    this.name = 'UnknownOutcomeError';
  }
}
