// Fan-out: opens subscriptions as members of audiences. One event is executed once and serialized once for each audience,
// and costs each of its members no more than being handed the bytes. docs/fan-out.md tells the whole way.
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import type { Logger } from 'pino';
import type { Context } from '../schema/context.ts';
import { PushIterator } from '../streams/push-iterator.ts';
import { Audiences } from './audiences.ts';
import { Member, type Membership } from './member.ts';
import { PulledIterator } from './pulled-iterator.ts';

export interface FanOutOptions {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  /** Asked before anything is told, see Revocations. */
  readonly confirm: () => Promise<void> | null;
  /** Turns what went wrong into what clients may see. `operation` is its name, where it has one. */
  toClientResult(result: ExecutionResult, operation: string | null): ExecutionResult;
}

export interface FanOut {
  /** Audiences that have members. */
  readonly size: number;
  /** Of all of them together. */
  readonly members: number;
  /** A member that has not begun, or the result that says why there is none. The document is valid, and a subscription. */
  open(args: ExecutionArgs): Promise<Member | ExecutionResult>;
}

export function createFanOut({ schema, logger, confirm, toClientResult }: FanOutOptions): FanOut {
  const audiences = new Audiences({ schema, logger, toClientResult });
  const membership: Membership = { audiences, confirm };
  const untidy = (error: unknown): void =>
    logger.error({ err: error }, 'the source of a subscription could not be tidied up');
  return {
    get size() {
      return audiences.size;
    },
    get members() {
      return audiences.members;
    },
    async open(args) {
      const source = await createSourceEventStream(args);
      if (!(Symbol.asyncIterator in source)) return source;
      const { document, operationName, variableValues } = args;
      return new Member({
        source: (source instanceof PushIterator
          ? source
          : new PulledIterator(source, untidy)) as PushIterator<object>,
        selection: audiences.select({ document, operationName, variables: variableValues ?? {} }),
        context: args.contextValue as Context,
        membership,
      });
    },
  };
}
