// What graphql-ws asks at each step of its protocol: who connects, what an operation is, how its results are told.
import { execute, subscribe, type ExecutionArgs, type ExecutionResult, type GraphQLError } from 'graphql';
import { makeServer, type Context as ProtocolContext, type SubscribePayload } from 'graphql-ws';
import { revokedSessions } from '../auth/token-error.ts';
import { TidingsError } from '../errors.ts';
import { toPayload } from '../fanout/event-result.ts';
import type { FanOut } from '../fanout/fan-out.ts';
import { createContext, type Context } from '../schema/context.ts';
import type { PreparedDocument } from './documents.ts';
import { LiveOperation } from './live-operation.ts';
import { noteDelivery } from './note-delivery.ts';
import type { OperationOptions } from './operation-options.ts';
import { namedTextOf } from './persisted-operations.ts';
import { returningSafely } from './returning-safely.ts';
import { traceOf } from './trace.ts';
import { untold } from './untold.ts';
import type { WebSocketClient } from './websocket-client.ts';

export interface ProtocolOptions extends OperationOptions {
  /** Operations, subscriptions among them, that one connection may have at a time. */
  readonly maxOperations: number;
  /** Called when a connection has been acknowledged. Must not throw. */
  onConnected(context: Context): void;
}

type Params = Readonly<Record<string, unknown>>;
type Protocol = ProtocolContext<Params, WebSocketClient>;

/** With what only we ask for. */
interface OperationArgs extends ExecutionArgs {
  readonly client: WebSocketClient;
  readonly id: string;
}

export function createProtocol(options: ProtocolOptions) {
  const { schema, documents, runtime, authenticator, clientErrors, fanOut, book, confirm } = options;
  const { costs, persisted, maxOperations, onConnected, figures } = options;

  /** An empty text, which the protocol demands, with the id of one. */
  const textOf = (payload: SubscribePayload): string =>
    (payload.query === '' ? namedTextOf(payload, persisted) : null) ?? payload.query;

  /** What graphql-js throws, and should not, is an error of this operation and not the end of the connection. */
  const settled = async <T>(args: OperationArgs, work: () => T): Promise<Awaited<T> | ExecutionResult> => {
    try {
      return await work();
    } catch (error) {
      return { errors: [clientErrors.toClientError(error, traceOf(args.client.requestId, args))] };
    }
  };

  const openLive = async (args: OperationArgs, through: FanOut) => {
    const { client, id } = args;
    const member = await through.open(args);
    if (!('deliverTo' in member)) return member;
    return new LiveOperation({ id, member, outbox: client.outbox, deliveries: runtime.deliveries });
  };

  /** graphql-ws waits for a `return` only sometimes: what it can not tidy up is logged, and ends nothing else. */
  const openAlone = async (args: OperationArgs) => {
    const results = await subscribe(args);
    if (!(Symbol.asyncIterator in results)) return results;
    const trace = traceOf(args.client.requestId, args);
    return returningSafely(results, (error) => void clientErrors.toClientError(error, trace));
  };

  const prepare = (payload: SubscribePayload): PreparedDocument => {
    try {
      const prepared = documents.prepare(textOf(payload));
      if (prepared.errors !== undefined) return prepared;
      const { operationName, variables } = payload;
      const tooMuch = costs.check({ ...prepared, operationName, variableValues: variables });
      return tooMuch === null ? prepared : { errors: [tooMuch] };
    } catch (error) {
      return { errors: [clientErrors.toClientError(error)] };
    }
  };

  return makeServer<Params, WebSocketClient>({
    // The lobby waits for it.
    connectionInitWaitTimeout: 0,

    async onConnect(connecting: Protocol) {
      const { connectionParams, extra: client } = connecting;
      client.introduced();
      try {
        const session = await authenticator.fromConnectionInit(connectionParams, client.headers ?? {});
        if (client.isClosed) return false;
        client.onClosed(book.enter(session));
        client.session = session;
        client.headers = null;
        client.operations = connecting;
        // Nor is the token kept twice.
        delete (connecting as { connectionParams?: Params }).connectionParams;
        session.watch(client);
        book.add(session, client);
        onConnected(createContext(runtime, session, client, client.backlog));
        return true;
      } catch (error) {
        client.closeWith(error);
        return false;
      }
    },

    async onSubscribe(
      { extra: client, subscriptions }: Protocol,
      id,
      payload: SubscribePayload,
    ): Promise<OperationArgs | readonly GraphQLError[]> {
      // First: those that come while this one waits are counted by themselves.
      if (Object.keys(subscriptions).length > maxOperations) {
        figures.rateLimited.operations += 1;
        return [clientErrors.toClientError(tooManyOperations(maxOperations))];
      }
      try {
        await confirm();
      } catch (error) {
        return [clientErrors.toClientError(error, client)];
      }
      // Whoever was closed by that is told nothing more, and nothing is carried out for them.
      if (!client.isOpen) return [clientErrors.toClientError(revokedSessions())];
      if (client.session === null)
        throw new Error('An operation came before its connection was acknowledged.');
      const prepared = prepare(payload);
      if (prepared.errors !== undefined) return prepared.errors;
      // graphql-ws keeps the message while a subscription lives: not its text as well.
      (payload as { query: string }).query = '';
      return {
        schema,
        document: prepared.document,
        operationName: payload.operationName ?? null,
        variableValues: payload.variables ?? null,
        contextValue: createContext(runtime, client.session, client, client.backlog),
        client,
        id,
      };
    },
    onOperation({ extra: client }, id, _payload, _args, result) {
      if (client.session === null || client.isClosed || !(Symbol.asyncIterator in result)) return;
      client.count(id);
      book.countSubscriptions(client.session, 1);
      client.subscribed();
    },
    onComplete({ extra: client }, id) {
      if (client.session !== null && client.stopCounting(id)) book.countSubscriptions(client.session, -1);
    },
    execute: (args) =>
      settled(args as OperationArgs, () => {
        const { client } = args as OperationArgs;
        return client.answer(async () => {
          // It may have waited its turn, and whoever asked may have been told to leave meanwhile.
          await confirm();
          if (!client.isOpen) throw revokedSessions();
          return figures.counting(args, () => execute(args));
        });
      }),
    subscribe: (given) => {
      const args = given as OperationArgs;
      const open = (): Promise<object> => (fanOut === null ? openAlone(args) : openLive(args, fanOut));
      return settled<unknown>(args, () =>
        args.client.opening(() => figures.counting(args, open)),
      ) as ReturnType<typeof subscribe>;
    },
    /** Of queries and mutations; of subscriptions only where nothing is shared. */
    async onNext({ extra: client }, id, _payload, args, result) {
      const isSubscription = client.isCounted(id);
      const trace = traceOf(client.requestId, args);
      try {
        await confirm();
      } catch (error) {
        if (isSubscription) throw error; // it ends with that
        return toPayload({ errors: [clientErrors.toClientError(untold(args, error), trace)] });
      }
      if (isSubscription) noteDelivery(args.contextValue as Context);
      return toPayload(clientErrors.toClientResult(result as ExecutionResult, trace));
    },
    onError: ({ extra: client }, _id, _payload, errors) =>
      errors.map((error) => clientErrors.toClientError(error, client).toJSON()),
  });
}

const tooManyOperations = (max: number) =>
  new TidingsError(
    'RATE_LIMITED',
    `This connection has ${max} operations under way, which is all that it may have: complete some of them first.`,
    { retryAfterMs: 1_000 },
  );
