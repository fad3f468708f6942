// Whoever does too much of something is told when to go on; everybody else goes on meanwhile.
import { expect, it } from 'vitest';
import { connect, type Person, type ResponseError, type Subscribed } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { openGreetedSocket } from '../support/raw-socket.ts';
import { useSturdyServer } from '../support/sturdy-server.ts';

const server = useSturdyServer({
  RATE_MESSAGES: '5',
  RATE_TYPING: '2',
  RATE_PRESENCE: '2',
  RATE_PUBLISHES: '20',
  MAX_OPERATIONS_PER_CONNECTION: '20',
});

let workspaces = 0;
async function begin() {
  const workspace = `limits-${++workspaces}`;
  const alice = await connect(server, 'alice', { workspace });
  const bob = await connect(server, 'bob', { workspace });
  const { createConversation } = await alice.request<{
    createConversation: { conversation: { id: string } };
  }>('mutation { createConversation(input: { participantIds: ["bob"] }) { conversation { id } } }');
  return { workspace, alice, bob, conversationId: createConversation.conversation.id };
}

interface Outcome {
  readonly passed: number;
  readonly refused: readonly ResponseError[];
}
/** All at once. */
async function attempt(count: number, request: () => Promise<unknown>): Promise<Outcome> {
  const settled = await Promise.allSettled(Array.from({ length: count }, request));
  return {
    passed: settled.filter(({ status }) => status === 'fulfilled').length,
    refused: settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as ResponseError] : [])),
  };
}

const sendIn = (conversationId: string, person: Person) =>
  person.request(
    `mutation { sendMessage(input: { conversationId: "${conversationId}", body: "Hi" }) { cursor } }`,
  );

it('messages: more than are allowed at once are refused with the time to wait, and not stored', async () => {
  const { alice, bob, conversationId } = await begin();
  const { passed, refused } = await attempt(40, () => sendIn(conversationId, alice));
  // Twice the rate at once, the conversation among them, and what came meanwhile.
  expect(passed).toBeGreaterThanOrEqual(9);
  expect(passed).toBeLessThan(40);
  for (const { errors } of refused) {
    const [error] = errors as { message: string; extensions: { code: string; retryAfterMs: number } }[];
    expect(error?.extensions.code).toBe('RATE_LIMITED');
    expect(error?.extensions.retryAfterMs).toBeGreaterThan(0);
    expect(error?.extensions.retryAfterMs).toBeLessThanOrEqual(2_000);
    expect(error?.message).toMatch(/5 a second/);
  }
  const { conversation } = await bob.request<{ conversation: { unreadCount: number } }>(
    `{ conversation(id: "${conversationId}") { unreadCount } }`,
  );
  expect(conversation.unreadCount).toBe(passed);
  // Nobody else has to wait, and in a moment she goes on.
  await sendIn(conversationId, bob);
  const goesOn = () =>
    sendIn(conversationId, alice).then(
      () => true,
      () => false,
    );
  await expect.poll(goesOn, { timeout: 10_000 }).toBe(true);
});

it('typing and presence have limits of their own, over the WebSocket too', async () => {
  const { alice, conversationId } = await begin();
  await alice.connected();
  const operations = [
    `mutation { setTyping(conversationId: "${conversationId}", isTyping: true) { isTyping } }`,
    'mutation { setPresence(input: { status: BUSY }) { status } }',
  ];
  for (const operation of operations) {
    const { passed, refused } = await attempt(15, () => alice.requestOverWebSocket(operation));
    expect(passed).toBeGreaterThanOrEqual(4);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['RATE_LIMITED']));
  }
  await sendIn(conversationId, alice);
});

it('a service has a limit for what it publishes', async () => {
  const { workspace } = await begin();
  const shop = await connect(server, 'shop', { workspace, scope: 'orders:publish' });
  const publish = () =>
    shop.request(
      'mutation { publishOrderUpdate(input: { orderId: "1", customerId: "alice", status: PENDING }) { deduplicated } }',
    );
  const { passed, refused } = await attempt(120, publish);
  expect(passed).toBeGreaterThanOrEqual(40);
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['RATE_LIMITED']));
  const other = await connect(server, 'other-shop', { workspace, scope: 'orders:publish' });
  await other.request(
    'mutation { publishOrderUpdate(input: { orderId: "2", customerId: "alice", status: PENDING }) { deduplicated } }',
  );
});

it('of subscriptions that come at once those are refused that are too many, and no others', async () => {
  const { alice } = await begin();
  await using socket = await openGreetedSocket(server, alice.token);
  const query = 'subscription { presenceChanged(userIds: ["alice"]) { status } }';
  const subscribes = Array.from({ length: 30 }, (_, index) => ({
    type: 'subscribe',
    id: String(index),
    payload: { query },
  }));
  socket.sendTogether(...subscribes);
  const answers = new Map<string, string>();
  while (answers.size < subscribes.length) {
    const { id = '', type } = await socket.next();
    if (!answers.has(id)) answers.set(id, type);
  }
  const refused = [...answers].filter(([, type]) => type === 'error').map(([id]) => Number(id));
  expect(refused.sort((one, other) => one - other)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
});

it('a connection has so many subscriptions; one that is completed makes room', async () => {
  const { alice } = await begin();
  const follow = () =>
    alice.subscribe<object>('subscription { presenceChanged(userIds: ["alice"]) { status } }');
  const subscriptions = Array.from({ length: 20 }, follow);
  await Promise.all(subscriptions.map((subscription) => subscription.next()));
  const refused = await failureOf(follow().next());
  expect(refused.code).toBe('RATE_LIMITED');
  expect(refused.message).toMatch(/20 operations/);
  await subscriptions[0]?.[Symbol.asyncDispose]();
  await follow().next();
  // The others are unharmed.
  await alice.request('mutation { setPresence(input: { status: AWAY }) { status } }');
  const unharmed = subscriptions[7] as Subscribed<{ presenceChanged: { status: string } }>;
  while ((await unharmed.next()).presenceChanged.status !== 'AWAY');
});
