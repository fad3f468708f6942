// What is told instead of an answer that may not be told: whether this node may still speak can not be found out, or whoever
// asked was shown out meanwhile. A mutation has been carried out by then, and whoever hears only that something is away would
// do it again.
import { getOperationAST, OperationTypeNode, type ExecutionArgs } from 'graphql';
import { TokenError } from '../auth/token-error.ts';
import { TidingsError } from '../errors.ts';
import { retryAfterMs, toStoreError } from '../store/store-errors.ts';

/** The error of the operation, where `reason` stands in the way of its answer. */
export function untold(
  { document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>,
  reason: unknown,
): unknown {
  if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.MUTATION) return reason;
  const cause = toStoreError(reason);
  if (cause instanceof TokenError) {
    return new TokenError(
      'The sessions of this user were revoked while this was under way, so it may have taken effect. Sign in again.',
      { cause },
    );
  }
  if (!(cause instanceof TidingsError)) return reason;
  return new TidingsError(
    'UNAVAILABLE',
    'Whether this took effect can not be told at the moment. Try again with the same idempotency key.',
    { cause, retryAfterMs },
  );
}
