// What of urql's operations travels over the WebSocket: subscriptions, and the mutations that mean this very connection or come
// too often for a request each.
import { subscriptionExchange, type Exchange, type ExecutionResult, type Operation } from '@urql/core';
import { callSafely } from './call-safely.ts';
import type { Connection } from './connection.ts';
import { LiveSubscription, type SubscriptionContext } from './live-subscription.ts';

const mutations: ReadonlySet<string> = new Set(['setTyping', 'setPresence', 'renewSession']);

/** Means the moment: said later it is not true any more. */
const momentary = 'setTyping';

interface Observer {
  next(result: ExecutionResult): void;
  error(cause: unknown): void;
  complete(): void;
}

/** `connection` carries the mutations too. */
export function liveExchange(context: SubscriptionContext & { readonly connection: Connection }): Exchange {
  return subscriptionExchange({
    isSubscriptionOperation: (operation) =>
      operation.kind === 'subscription' || (operation.kind === 'mutation' && isLive(operation)),
    forwardSubscription: ({ query = '', variables }, operation) => ({
      subscribe: (observer: Observer) => {
        const stop =
          operation.kind === 'subscription'
            ? subscribe(context, operation, observer)
            : send(context, operation, { query, variables: variables ?? {} }, observer);
        return { unsubscribe: stop };
      },
    }),
  });
}

function subscribe(context: SubscriptionContext, operation: Operation, observer: Observer): () => void {
  const variables = (operation.variables ?? {}) as Record<string, unknown>;
  const subscription = new LiveSubscription(context, operation.query, variables, {
    result: (result) => callSafely(() => observer.next(result as ExecutionResult)),
    error: (errors) => callSafely(() => observer.error(errors)),
    closed: (error) => callSafely(() => observer.error(error)),
    complete: () => callSafely(() => observer.complete()),
  });
  return () => subscription.stop();
}

function send(
  { connection }: { readonly connection: Connection },
  operation: Operation,
  payload: { readonly query: string; readonly variables: Record<string, unknown> },
  observer: Observer,
): () => void {
  connection.request(payload, fieldsOf(operation).includes(momentary) ? 'socket' : 'disconnect').then(
    (result) => {
      callSafely(() => {
        observer.next(result as ExecutionResult);
        observer.complete();
      });
    },
    (error: unknown) => callSafely(() => observer.error(error)),
  );
  // Once asked for it is carried out, whoever still listens.
  return () => {};
}

/** Whether all that it asks for is of that kind. */
function isLive(operation: Operation): boolean {
  const fields = fieldsOf(operation);
  return fields.length > 0 && fields.every((field) => mutations.has(field));
}

function fieldsOf({ query }: Operation): readonly string[] {
  return query.definitions
    .flatMap((definition) =>
      'selectionSet' in definition && 'operation' in definition ? definition.selectionSet.selections : [],
    )
    .map((field) => ('name' in field ? field.name.value : ''))
    .filter((name) => name !== '__typename');
}
