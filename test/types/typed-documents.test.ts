// What the generated documents and hooks let one write, and what they refuse. tsc is what checks it: an unused
// `@ts-expect-error` is an error.
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import { expectTypeOf, it } from 'vitest';
import type * as documents from '../../src/client/generated.ts';
import * as hooks from '../../src/react/generated.ts';

type Variables<Name extends keyof typeof documents> = VariablesOf<(typeof documents)[Name]>;
type Result<Name extends keyof typeof documents> = ResultOf<(typeof documents)[Name]>;

it('a publisher says an order’s status in the schema’s words', () => {
  const inputs = [
    { orderId: '42', status: 'SHIPPED' },
    { orderId: '42', status: 'PENDING', customerId: 'alice', data: { anything: [1] }, note: undefined },
    // @ts-expect-error no such status
    { orderId: '42', status: 'LOST' },
    // @ts-expect-error the status is missing
    { orderId: '42' },
    // @ts-expect-error an id is text, as it comes back
    { orderId: 42, status: 'SHIPPED' },
    // @ts-expect-error an amount is a decimal string
    { orderId: '42', status: 'SHIPPED', total: { amount: 299.99, currency: 'EUR' } },
    // @ts-expect-error no such field
    { orderId: '42', status: 'SHIPPED', colour: 'red' },
  ] satisfies documents.PublishOrderUpdateInput[];
  expectTypeOf(inputs).not.toBeAny();
});

it('a cursor that was read is what a subscription takes', () => {
  type Order = NonNullable<Result<'OrderDocument'>['order']>;
  expectTypeOf<Order['cursor']>().toExtend<Variables<'OrderUpdatedDocument'>['after']>();
  expectTypeOf<Result<'NotificationsDocument'>['notifications']['cursor']>().toExtend<
    Variables<'NotificationDocument'>['after']
  >();
  expectTypeOf<Result<'ConversationsDocument'>['conversations']['cursor']>().toExtend<
    Variables<'ConversationUpdatedDocument'>['after']
  >();
});

it('what may be null has to be looked at', () => {
  expectTypeOf<null>().toExtend<Result<'OrderDocument'>['order']>();
  expectTypeOf<null>().toExtend<
    Result<'ConversationUpdatedDocument'>['conversationUpdated']['conversation']
  >();
  expectTypeOf<Result<'PresenceChangedDocument'>['presenceChanged']['lastSeenAt']>().toEqualTypeOf<
    string | null
  >();
  expectTypeOf<Result<'TypingDocument'>['typing']['expiresInMs']>().toEqualTypeOf<number | null>();
});

it('a program’s own JSON is unknown until it is parsed', () => {
  type Notification = Result<'NotificationDocument'>['notification']['notifications'][number];
  expectTypeOf<Notification['data']>().toBeUnknown();
  expectTypeOf<documents.OrderFragment['data']>().toBeUnknown();
});

it('results are read-only', () => {
  const rename = (order: documents.OrderFragment) => {
    // @ts-expect-error results are shared by everyone who reads them
    order.trackingNumber = 'DHL-1';
    // @ts-expect-error so are lists
    order.timeline.length = 0;
  };
  expectTypeOf(rename).toBeFunction();
});

it('the hooks of the five live fields know their variables and their data', () => {
  const useAll = () => {
    const [order] = hooks.useOrderUpdatedSubscription({ variables: { orderId: '42', after: undefined } });
    expectTypeOf(order.data?.orderUpdated.order.status).toEqualTypeOf<documents.OrderStatus | undefined>();
    const [message] = hooks.useChatMessageSubscription({ variables: { conversationId: 'c' } });
    expectTypeOf(message.data?.chatMessage.message.sender.name).toEqualTypeOf<string | undefined>();
    const [presence] = hooks.usePresenceChangedSubscription({ variables: { userIds: ['bob'] } });
    expectTypeOf(presence.data?.presenceChanged.deviceCount).toEqualTypeOf<number | undefined>();
    const [typing] = hooks.useTypingSubscription({ variables: { conversationId: 'c' } });
    expectTypeOf(typing.data?.typing.isTyping).toEqualTypeOf<boolean | undefined>();
    const [notification] = hooks.useNotificationSubscription({ variables: { types: ['MENTION'] } });
    expectTypeOf(notification.data?.notification.unreadCount).toEqualTypeOf<number | undefined>();
  };
  expectTypeOf(useAll).toBeFunction();
});

it('a handler decides what a hook keeps', () => {
  const useTimeline = () => {
    const [timeline] = hooks.useOrderUpdatedSubscription(
      {},
      (seen: readonly string[] = [], { orderUpdated }) => [...seen, orderUpdated.order.status],
    );
    expectTypeOf(timeline.data).toEqualTypeOf<readonly string[] | undefined>();
  };
  expectTypeOf(useTimeline).toBeFunction();
});

it('hooks refuse what the schema refuses', () => {
  const useWrong = () => {
    // @ts-expect-error the conversation is missing
    hooks.useChatMessageSubscription({ variables: {} });
    // @ts-expect-error so are all variables
    hooks.useTypingSubscription();
    // @ts-expect-error no such type of notification
    hooks.useNotificationSubscription({ variables: { types: ['GOSSIP'] } });
    // @ts-expect-error no such variable
    hooks.usePresenceChangedSubscription({ variables: { users: ['bob'] } });
    const [, setPresence] = hooks.useSetPresenceMutation();
    // @ts-expect-error no such status
    void setPresence({ input: { status: 'ASLEEP' } });
    const [, sendMessage] = hooks.useSendMessageMutation();
    // @ts-expect-error the body is missing
    void sendMessage({ input: { conversationId: 'c' } });
  };
  expectTypeOf(useWrong).toBeFunction();
});
