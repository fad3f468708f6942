// Where an error happened: logged with it, so that it is found by what the client was told.
import { getOperationAST, type ExecutionArgs } from 'graphql';

export interface Trace {
  /** null where it happened for many at once: they are told one that is made up for it. */
  readonly requestId: string | null;
  /** As its document calls it. */
  readonly operation?: string | null;
}

/** Only a name that the document gives: `operationName` may be any text. */
export const traceOf = (
  requestId: string,
  { document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>,
): Trace => ({ requestId, operation: getOperationAST(document, operationName)?.name?.value ?? null });
