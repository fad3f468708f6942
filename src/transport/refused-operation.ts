import { GraphQLError, type ASTNode } from 'graphql';
import { TidingsError, type ErrorCode } from '../errors.ts';

/** For an operation that is not carried out. Counted when it is told, as whatever a resolver throws. */
export const refusedOperation = (
  code: ErrorCode,
  sentence: string,
  nodes: readonly ASTNode[] = [],
): GraphQLError => new GraphQLError(sentence, { nodes, originalError: new TidingsError(code, sentence) });
