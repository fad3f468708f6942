// What a publisher lets one say, and what it refuses. tsc is what checks it: an unused `@ts-expect-error` is an error.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { expectTypeOf, it } from 'vitest';
import type { OrderStatus } from '../../src/client/generated.ts';
import type { PublishError, Publisher } from '../../src/publisher/index.ts';
import { createPublisher } from '../../src/publisher/index.ts';

it('says what there is in the schema’s words, and nothing else', () => {
  const say = (tidings: Publisher) => [
    tidings.publishOrderUpdate({ orderId: '42', status: 'SHIPPED' }, { signal: AbortSignal.timeout(1) }),
    // @ts-expect-error no such status
    tidings.publishOrderUpdate({ orderId: '42', status: 'SHIPED' }),
    // @ts-expect-error the status is missing
    tidings.publishOrderUpdate({ orderId: '42' }),
    // @ts-expect-error no such field
    tidings.publishOrderUpdate({ orderId: '42', status: 'SHIPPED', colour: 'red' }),
    // @ts-expect-error the key of a message has another name
    tidings.sendMessage({ conversationId: 'c', body: 'hi', idempotencyKey: 'k' }),
    tidings.sendMessage({ conversationId: 'c', body: 'hi', clientMessageId: 'k' }),
    // @ts-expect-error whose sessions?
    tidings.revokeSessions({}),
    // @ts-expect-error a list of them
    tidings.upsertUsers({ users: { id: 'alice', name: 'Alice' } }),
  ];
  expectTypeOf(say).toBeFunction();
});

it('answers are typed, and read-only', () => {
  type Published = Awaited<ReturnType<Publisher['publishOrderUpdate']>>;
  expectTypeOf<Published['deduplicated']>().toEqualTypeOf<boolean>();
  expectTypeOf<Published['update']['previousStatus']>().toEqualTypeOf<OrderStatus | null>();
  type Closed = Awaited<ReturnType<Publisher['revokeSessions']>>;
  expectTypeOf<Closed>().toEqualTypeOf<{ readonly closedConnections: number }>();
});

it('a document of one’s own types its variables and its answer', () => {
  const praise = (
    tidings: Publisher,
    document: TypedDocumentNode<{ praise: string }, { userId: string }>,
  ) => {
    expectTypeOf(tidings.request(document, { userId: 'ben' })).resolves.toEqualTypeOf<{ praise: string }>();
    // @ts-expect-error no such variable
    void tidings.request(document, { user: 'ben' });
    expectTypeOf(tidings.request('{ viewer { id } }', {})).resolves.toBeUnknown();
  };
  expectTypeOf(praise).toBeFunction();
});

it('a token is a text, or a function that answers one', () => {
  const make = (url: string) => [
    createPublisher({ url, token: 't' }),
    createPublisher({ url, token: () => 't', workspace: undefined }),
    createPublisher({ url, token: async () => 't' }),
    // @ts-expect-error a number is none
    createPublisher({ url, token: () => 1 }),
    // @ts-expect-error it is missing
    createPublisher({ url }),
  ];
  expectTypeOf(make).toBeFunction();
});

it('an error knows its codes, and lets others be', () => {
  expectTypeOf<PublishError['code']>().toExtend<string>();
  expectTypeOf<PublishError['outcome']>().toEqualTypeOf<'refused' | 'unknown'>();
});
