// Turns whatever was thrown into what a client may see: a code of the table, a sentence, and nothing of the inside.
import { GraphQLError, type ExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import { errorKinds, TidingsError, type ErrorCode } from '../errors.ts';
import { toLoggable, toStoreError } from '../store/store-errors.ts';
import { createRequestId } from './request-id.ts';
import type { Trace } from './trace.ts';
import type { TransportFigures } from './transport-figures.ts';

export interface ClientErrors {
  /**
   * Never throws. What is unexpected is logged with its stack, and masked: `extensions.requestId` names the line of the log.
   * What it has answered before comes back as it is.
   */
  toClientError(error: unknown, trace?: Trace): GraphQLError;
  toClientResult(result: ExecutionResult, trace?: Trace): ExecutionResult;
}

export const unexpected = 'Something unexpected happened on the server. It has been logged.';

/** The codes that libraries give their own errors, in the terms of the table. */
const foreignCodes: Readonly<Record<string, ErrorCode>> = {
  BAD_REQUEST: 'BAD_USER_INPUT',
  GRAPHQL_PARSE_FAILED: 'BAD_USER_INPUT',
  GRAPHQL_VALIDATION_FAILED: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_FOUND: 'BAD_USER_INPUT',
};

/** What libraries say without saying what to do. */
const sentences: Readonly<Record<string, string>> = {
  'Request body too large':
    'The body is too large: send less at a time, or let MAX_PAYLOAD_BYTES allow more.',
  'Batching is not supported.':
    'A request holds one operation, not a batch of them: send one request for each.',
  'Must provide query string.':
    'The request has no operation: send it as `query`, like { "query": "{ viewer { id } }" }.',
  'Validation aborted.':
    'The operation combines its fields and fragments in too many ways to be checked: ask for less at a time.',
  'Unable to identify operation':
    'The document has several operations, or none of this name: name one of them in `operationName`.',
  'Could not determine what operation to execute.':
    'The document has several operations, or none of this name: name one of them in `operationName`.',
};

/** Names of the schema that graphql-js finds near to what was asked for. */
const suggestion = / Did you mean [^?]*\?/;

/** Longer names are cut where they are logged. */
const maxNameLength = 100;

/** @param options.suggests Whether names of the schema may be told that are near to what was asked for. */
export function createClientErrors(
  logger: Logger,
  { errors: counts }: Pick<TransportFigures, 'errors'>,
  { suggests }: { readonly suggests: boolean },
): ClientErrors {
  const told = (error: unknown, code: ErrorCode, message: string, more: object = {}): GraphQLError => {
    counts[code] += 1;
    return withCode(error, code, message, more);
  };

  const toInternalError = (error: unknown, original: unknown, trace: Trace | undefined): GraphQLError => {
    const requestId = trace?.requestId ?? createRequestId();
    const operation = trace?.operation?.slice(0, maxNameLength);
    const path = error instanceof GraphQLError ? error.path?.join('.').slice(0, maxNameLength) : undefined;
    logger.error({ err: toLoggable(original), requestId, operation, path }, 'an unexpected error');
    return told(error, 'INTERNAL', unexpected, { requestId });
  };

  const toClientError = (error: unknown, trace?: Trace): GraphQLError => {
    const original = originOf(error);
    const known = original instanceof TidingsError ? original : toStoreError(original);
    if (known instanceof TidingsError) {
      const { code, message, retryAfterMs } = known;
      return told(error, code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
    }
    if (original instanceof GraphQLError) {
      // Of graphql-js itself or of Yoga: syntax, validation, coercion of variables, a malformed request.
      const foreign = original.extensions['code'];
      if (typeof foreign === 'string' && foreign in errorKinds) return original;
      const code = (typeof foreign === 'string' ? foreignCodes[foreign] : undefined) ?? statusCode(original);
      const http = original.extensions['http'];
      // Around the original graphql-js says where: `Variable "$input" got invalid value 1.5 at "input.itemCount"; …`.
      const { message: said } = error instanceof GraphQLError ? error : original;
      const message = sentences[said] ?? (suggests ? said : said.replace(suggestion, ''));
      if (http === undefined) return told(error, code, message);
      // `spec` makes Yoga answer 200 to clients that accept `application/json` only: right for an operation that is not
      // valid, but what is no GraphQL request at all is 400 to everybody.
      const status = foreign === 'BAD_REQUEST' ? { ...http, spec: false } : http;
      return told(error, code, message, { http: status });
    }
    return toInternalError(error, original, trace);
  };
  return {
    toClientError,
    toClientResult: (result, trace) =>
      result.errors === undefined
        ? result
        : { ...result, errors: result.errors.map((error) => toClientError(error, trace)) },
  };
}

/** graphql-js wraps what a resolver throws, sometimes twice. */
function originOf(error: unknown): unknown {
  let origin = error;
  while (origin instanceof GraphQLError && origin.originalError != null) origin = origin.originalError;
  return origin;
}

function statusCode(error: GraphQLError): ErrorCode {
  const http = error.extensions['http'];
  return http?.status === 413 ? 'PAYLOAD_TOO_LARGE' : 'BAD_USER_INPUT';
}

/** `extensions.http`, Yoga's word for the status of the response, stays: Yoga takes it out before it answers. */
function withCode(error: unknown, code: ErrorCode, message: string, more: object = {}): GraphQLError {
  const located = error instanceof GraphQLError ? error : null;
  return new GraphQLError(message, {
    ...(located?.nodes === undefined ? {} : { nodes: located.nodes }),
    ...(located?.source === undefined ? {} : { source: located.source }),
    ...(located?.positions === undefined ? {} : { positions: located.positions }),
    ...(located?.path === undefined ? {} : { path: located.path }),
    extensions: { code, ...more },
  });
}
