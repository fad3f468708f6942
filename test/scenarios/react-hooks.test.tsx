// What pages see through `tidings/react`, against a real server: two people, or two tabs of one.
import '../support/dom.ts';
import { randomUUID } from 'node:crypto';
import { act, cleanup, render, renderHook, waitFor as waitForAtMost } from '@testing-library/react';
import { StrictMode, useEffect, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  AddParticipantsDocument,
  CreateConversationDocument,
  DeleteMessageDocument,
  EditMessageDocument,
  OrderDocument,
  PublishAnnouncementDocument,
  PublishOrderUpdateDocument,
  PublishRoomEventDocument,
  RemoveParticipantsDocument,
  SendMessageDocument,
  SendNotificationDocument,
  SetPresenceDocument,
  SetTypingDocument,
  type OrderUpdatedSubscription,
} from '../../src/client/generated.ts';
import {
  TidingsProvider,
  useAnnouncements,
  useConnectionState,
  useConversation,
  useConversations,
  useNotifications,
  useOrder,
  useOrderUpdatedSubscription,
  usePresence,
  usePresenceChangedSubscription,
  useRoom,
  useTidings,
  useTypingIndicator,
} from '../../src/react/index.ts';
import { WebSocket } from 'ws';
import type { TidingsClient, TidingsClientOptions } from '../../src/client/index.ts';
import { connect, type Identity, type Person } from '../support/client.ts';
import { openKitClient, tokenOf, type KitClient } from '../support/kit-client.ts';
import { openNetwork, type Network } from '../support/network.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let network: Network;
let workspace: string;
let backend: Person;
const opened: AsyncDisposable[] = [];
beforeAll(async () => {
  server = await startServer();
  network = await openNetwork(server.url);
}, 60_000);
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await server.stop();
});
beforeEach(async () => {
  workspace = `w-${randomUUID()}`;
  backend = await person('backend', {
    scope: 'orders:publish notifications:send announcements:publish users:write',
  });
});
afterEach(async () => {
  cleanup();
  network.comeBack();
  await Promise.all(opened.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

const waitFor = (check: () => void) => waitForAtMost(check, { timeout: 15_000 });

async function person(user: string, identity: Identity = {}): Promise<Person> {
  const connected = await connect(server, user, { workspace, ...identity });
  opened.push(connected);
  return connected;
}

interface Tab {
  readonly kit: KitClient;
  use<Result>(hook: () => Result): { readonly current: Result };
}

/** A page of somebody's, rendered as strictly as React can. */
function tabOf(user: string): Tab {
  const kit = openKitClient(network, { token: tokenOf(user, { workspace }) });
  opened.push(kit);
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <TidingsProvider client={kit.client}>{children}</TidingsProvider>
    </StrictMode>
  );
  return { kit, use: (hook) => renderHook(hook, { wrapper }).result };
}

/** Away for as long as it takes. */
async function whileOffline(tab: Tab, work: () => Promise<unknown>): Promise<void> {
  network.goDown();
  await waitFor(() => expect(tab.kit.client.connectionState.status).toBe('reconnecting'));
  await work();
  network.comeBack();
  act(() => tab.kit.client.connect());
}

const timesIn = (log: readonly string[], line: string) => log.filter((each) => each === line).length;

describe('useOrder', () => {
  const publish = (orderId: string, status: 'PENDING' | 'SHIPPED' | 'DELIVERED', note?: string) =>
    backend.request(PublishOrderUpdateDocument, {
      input: { orderId, customerId: 'alice', status, note: note ?? null },
    });

  it('shows how the order stands, every change, and what came while nobody was connected', async () => {
    await publish('1', 'PENDING');
    const alice = tabOf('alice');
    const order = alice.use(() => useOrder('1'));
    expect(order.current).toMatchObject({ status: 'loading', order: null });
    await waitFor(() =>
      expect(order.current).toMatchObject({ status: 'live', order: { status: 'PENDING' } }),
    );
    await publish('1', 'SHIPPED', 'On its way');
    await waitFor(() =>
      expect(order.current).toMatchObject({
        order: { status: 'SHIPPED' },
        lastUpdate: { note: 'On its way' },
      }),
    );
    await whileOffline(alice, () => publish('1', 'DELIVERED'));
    await waitFor(() => expect(order.current.order?.status).toBe('DELIVERED'));
    expect(order.current.order?.timeline.map(({ status }) => status)).toEqual([
      'PENDING',
      'SHIPPED',
      'DELIVERED',
    ]);
  });

  it('of somebody else is not found, and of nobody yet is loading', async () => {
    await publish('2', 'PENDING');
    const mallory = tabOf('mallory');
    const order = mallory.use(() => useOrder('2'));
    await waitFor(() => expect(order.current.status).toBe('not-found'));
    expect(mallory.use(() => useOrder(null)).current.status).toBe('loading');
  });

  it('that is published later is there when it is asked for anew, or over a new connection', async () => {
    const alice = tabOf('alice');
    const [asked, left] = [alice.use(() => useOrder('late-1')), alice.use(() => useOrder('late-2'))];
    for (const order of [asked, left]) await waitFor(() => expect(order.current.status).toBe('not-found'));
    for (const orderId of ['late-1', 'late-2']) await publish(orderId, 'PENDING');
    await act(() => asked.current.refetch());
    expect(asked.current).toMatchObject({ status: 'live', order: { status: 'PENDING' } });
    await publish('late-1', 'SHIPPED');
    await waitFor(() => expect(asked.current.order?.status).toBe('SHIPPED'));
    expect(left.current.status).toBe('not-found');
    await whileOffline(alice, async () => {});
    await waitFor(() => expect(left.current.status).toBe('live'));
  });

  it('at an address that is none fails, and says so', async () => {
    const kit = openKitClient(server, {
      token: tokenOf('alice', { workspace }),
      fetch: async () => new Response('<h1>Nothing here</h1>', { status: 404 }),
    });
    opened.push(kit);
    const wrapper = ({ children }: { children: ReactNode }) => (
      <TidingsProvider client={kit.client}>{children}</TidingsProvider>
    );
    const order = renderHook(() => useOrder('1'), { wrapper }).result;
    await waitFor(() => expect(order.current.status).toBe('failed'));
    expect(order.current.error?.networkError).toBeDefined();
  });

  it('that is read anew is not what an older request still answers', async () => {
    let asked = 0;
    let release = (): void => {};
    const kit = openKitClient(server, {
      token: tokenOf('alice', { workspace }),
      fetch: async (address, init) => {
        asked += 1;
        const answer = await fetch(address, init);
        // The first is on its way for long.
        if (asked === 1) await new Promise<void>((resolve) => (release = resolve));
        return answer;
      },
    });
    opened.push(kit);
    const wrapper = ({ children }: { children: ReactNode }) => (
      <TidingsProvider client={kit.client}>{children}</TidingsProvider>
    );
    const order = renderHook(() => useOrder('anew'), { wrapper }).result;
    await waitFor(() => expect(asked).toBe(1));
    await publish('anew', 'PENDING');
    await act(() => order.current.refetch());
    expect(order.current).toMatchObject({ status: 'live', order: { status: 'PENDING' } });
    release();
    await publish('anew', 'SHIPPED');
    await waitFor(() => expect(order.current.order?.status).toBe('SHIPPED'));
  });

  it('of several components is followed once', async () => {
    await publish('3', 'PENDING');
    const alice = tabOf('alice');
    const orders = [1, 2, 3].map(() => alice.use(() => useOrder('3')));
    await waitFor(() =>
      expect(orders.map(({ current }) => current.status)).toEqual(['live', 'live', 'live']),
    );
    await publish('3', 'SHIPPED');
    await waitFor(() =>
      expect(orders.every(({ current }) => current.order?.status === 'SHIPPED')).toBe(true),
    );
    expect(timesIn(alice.kit.log, 'orderUpdated is followed')).toBe(1);
  });
});

it('a generated hook with a handler loses nothing over an interruption, without a cursor of its own', async () => {
  const alice = tabOf('alice');
  const notes: (string | null)[] = [];
  alice.use(() =>
    useOrderUpdatedSubscription<OrderUpdatedSubscription>({}, (_previous, event) => {
      if (!notes.includes(event.orderUpdated.note)) notes.push(event.orderUpdated.note);
      return event;
    }),
  );
  await waitFor(() => expect(alice.kit.log).toContain('orderUpdated is followed'));
  const publish = (note: string) =>
    backend.request(PublishOrderUpdateDocument, {
      input: { orderId: 'g', customerId: 'alice', status: 'PENDING', note },
    });
  await whileOffline(alice, async () => {
    for (const note of ['a', 'b', 'c']) await publish(note);
  });
  await publish('d');
  await waitFor(() => expect(notes).toEqual(['a', 'b', 'c', 'd']));
});

it('a generated hook that is mounted second has what the first was told', async () => {
  const publish = (note: string) =>
    backend.request(PublishOrderUpdateDocument, {
      input: { orderId: 's', customerId: 'alice', status: 'PENDING', note },
    });
  await publish('one');
  const { order: stands } = await (await person('alice')).request(OrderDocument, { id: 's' });
  const alice = tabOf('alice');
  const presence = () => usePresenceChangedSubscription({ variables: { userIds: ['alice'] } })[0].data;
  const order = () =>
    useOrderUpdatedSubscription({ variables: { orderId: 's', after: stands?.cursor } })[0].data;
  const first = [alice.use(presence), alice.use(order)] as const;
  await publish('two');
  await waitFor(() => expect(first[1].current?.orderUpdated.note).toBe('two'));
  await waitFor(() => expect(first[0].current?.presenceChanged.status).toBe('ONLINE'));
  const second = [alice.use(presence), alice.use(order)] as const;
  await waitFor(() => expect(second[1].current?.orderUpdated.note).toBe('two'));
  await waitFor(() => expect(second[0].current?.presenceChanged.status).toBe('ONLINE'));
});

describe('useConversation', () => {
  let conversationId: string;
  let bob: Person;
  const say = (body: string) => bob.request(SendMessageDocument, { input: { conversationId, body } });
  beforeEach(async () => {
    bob = await person('bob', { name: 'Bob' });
    const { createConversation } = await bob.request(CreateConversationDocument, {
      input: { participantIds: ['alice'], title: 'Lunch' },
    });
    conversationId = createConversation.conversation.id;
  });
  const bodies = ({ messages }: { readonly messages: readonly { readonly body: string }[] }) =>
    messages.map(({ body }) => body);

  it('shows what was said, what is said, changes and deletions', async () => {
    await say('one');
    const alice = tabOf('alice');
    const chat = alice.use(() => useConversation(conversationId));
    await waitFor(() => expect(bodies(chat.current)).toEqual(['one']));
    expect(chat.current).toMatchObject({ status: 'live', title: 'Lunch', hasOlder: false });
    expect(chat.current.participants.map(({ id }) => id).sort()).toEqual(['alice', 'bob']);
    const { sendMessage } = await say('two');
    const messageId = sendMessage.message.id;
    await waitFor(() => expect(bodies(chat.current)).toEqual(['one', 'two']));
    await bob.request(EditMessageDocument, { input: { messageId, body: 'three' } });
    await waitFor(() => expect(bodies(chat.current)).toEqual(['one', 'three']));
    await bob.request(DeleteMessageDocument, { messageId });
    await waitFor(() => expect(chat.current.messages.at(-1)).toMatchObject({ body: '' }));
    expect(chat.current.messages.at(-1)?.deletedAt).not.toBeNull();
  });

  it('shows at once what is sent, also offline, and stores it once and in order', async () => {
    const alice = tabOf('alice');
    const chat = alice.use(() => useConversation(conversationId));
    await waitFor(() => expect(chat.current.status).toBe('live'));
    await whileOffline(alice, async () => {
      act(() => {
        chat.current.send('one');
        chat.current.send('two');
      });
      expect(chat.current.pending).toMatchObject([
        { body: 'one', status: 'sending' },
        { body: 'two', status: 'sending' },
      ]);
      await say('meanwhile');
    });
    await waitFor(() => expect(bodies(chat.current)).toEqual(['meanwhile', 'one', 'two']));
    await waitFor(() => expect(chat.current.pending).toEqual([]));
  });

  it('keeps what was refused until it is retried or discarded', async () => {
    const alice = tabOf('alice');
    const chat = alice.use(() => useConversation(conversationId));
    await waitFor(() => expect(chat.current.status).toBe('live'));
    act(() => void chat.current.send('x'.repeat(10_001)));
    await waitFor(() => expect(chat.current.pending).toMatchObject([{ status: 'failed' }]));
    const [refused] = chat.current.pending;
    expect(refused?.error?.graphQLErrors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    act(() => chat.current.retry(refused?.clientMessageId ?? ''));
    expect(chat.current.pending).toMatchObject([{ status: 'sending' }]);
    await waitFor(() => expect(chat.current.pending).toMatchObject([{ status: 'failed' }]));
    act(() => chat.current.discard(refused?.clientMessageId ?? ''));
    expect(chat.current.pending).toEqual([]);
  });

  it('loads what is older page by page, and marks as read once', async () => {
    for (let n = 1; n <= 70; n += 1) await say(`${n}`);
    const alice = tabOf('alice');
    const chat = alice.use(() => useConversation(conversationId));
    await waitFor(() => expect(chat.current.messages).toHaveLength(30));
    for (const count of [60, 70]) {
      expect(chat.current.hasOlder).toBe(true);
      await act(() => chat.current.loadOlder());
      await waitFor(() => expect(chat.current.messages).toHaveLength(count));
    }
    expect(chat.current.hasOlder).toBe(false);
    expect(bodies(chat.current)).toEqual(Array.from({ length: 70 }, (_, index) => `${index + 1}`));
    const bobs = tabOf('bob').use(() => useConversation(conversationId));
    await waitFor(() => expect(bobs.current.status).toBe('live'));
    await act(() => chat.current.markRead());
    await waitFor(() =>
      expect(bobs.current.readReceipts).toMatchObject([
        { user: { id: 'alice' }, lastReadMessageId: chat.current.messages.at(-1)?.id },
      ]),
    );
  });

  it('can be used by the effects of children, which run before those of its own page', async () => {
    await say('one');
    const alice = tabOf('alice');
    const Reader = ({ markRead }: { markRead: () => Promise<void> }) => {
      useEffect(() => void markRead(), [markRead]);
      return null;
    };
    const Page = ({ id }: { id: string }) => {
      const { markRead, messages } = useConversation(id);
      return (
        <>
          <Reader markRead={markRead} />
          {messages.map(({ body }) => body).join()}
        </>
      );
    };
    const { container } = render(
      <StrictMode>
        <TidingsProvider client={alice.kit.client}>
          <Page id={conversationId} />
        </TidingsProvider>
      </StrictMode>,
    );
    await waitFor(() => expect(container.textContent).toBe('one'));
  });

  it('of nobody yet says so where something is done with it', async () => {
    const chat = tabOf('alice').use(() => useConversation(null));
    expect(() => chat.current.send('hello')).toThrow(/given no id/);
    await expect(chat.current.edit('1', 'x')).rejects.toThrow(/given no id/);
  });

  it('shows who takes part as that changes', async () => {
    const chat = tabOf('alice').use(() => useConversation(conversationId));
    const names = () => chat.current.participants.map(({ id }) => id).sort();
    await waitFor(() => expect(names()).toEqual(['alice', 'bob']));
    await bob.request(AddParticipantsDocument, { conversationId, userIds: ['carol'] });
    await waitFor(() => expect(names()).toEqual(['alice', 'bob', 'carol']));
  });

  it('keeps what was refused though another page is shown meanwhile', async () => {
    const alice = tabOf('alice');
    const wrapper = ({ children }: { children: ReactNode }) => (
      <TidingsProvider client={alice.kit.client}>{children}</TidingsProvider>
    );
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    try {
      const page = renderHook(() => useConversation(conversationId), { wrapper });
      await waitFor(() => expect(page.result.current.status).toBe('live'));
      act(() => void page.result.current.send('x'.repeat(10_001)));
      await waitFor(() => expect(page.result.current.pending).toMatchObject([{ status: 'failed' }]));
      page.unmount();
      await vi.advanceTimersByTimeAsync(60_000);
      const later = renderHook(() => useConversation(conversationId), { wrapper });
      expect(later.result.current.pending).toMatchObject([{ status: 'failed' }]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('edits and removes one’s own, and rejects where that is refused', async () => {
    const alice = tabOf('alice');
    const chat = alice.use(() => useConversation(conversationId));
    await say('his');
    await waitFor(() => expect(bodies(chat.current)).toEqual(['his']));
    act(() => void chat.current.send('mine'));
    await waitFor(() => expect(bodies(chat.current)).toEqual(['his', 'mine']));
    const [his, mine] = chat.current.messages.map(({ id }) => id) as [string, string];
    await act(() => chat.current.edit(mine, 'mine, really'));
    await waitFor(() => expect(bodies(chat.current)).toEqual(['his', 'mine, really']));
    await act(() => chat.current.remove(mine));
    await waitFor(() => expect(bodies(chat.current)).toEqual(['his', '']));
    await expect(chat.current.edit(his, 'not mine')).rejects.toMatchObject({
      graphQLErrors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it('fails where one is removed, and keeps what was read', async () => {
    const alice = tabOf('alice');
    const chat = alice.use(() => useConversation(conversationId));
    await waitFor(() => expect(chat.current.status).toBe('live'));
    await say('hello');
    await waitFor(() => expect(bodies(chat.current)).toEqual(['hello']));
    await say('goodbye');
    await bob.request(RemoveParticipantsDocument, { conversationId, userIds: ['alice'] });
    await waitFor(() => expect(chat.current.status).toBe('failed'));
    expect(bodies(chat.current)).toEqual(['hello', 'goodbye']);
    expect(chat.current.error?.graphQLErrors[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  it('is in the list of conversations, which shows what is unread and new ones', async () => {
    const alice = tabOf('alice');
    const list = alice.use(() => useConversations());
    const shown = () => list.current.conversations.map(({ title, unreadCount }) => [title, unreadCount]);
    await waitFor(() => expect(shown()).toEqual([['Lunch', 0]]));
    await bob.request(CreateConversationDocument, { input: { participantIds: ['alice'], title: 'Dinner' } });
    await waitFor(() =>
      expect(shown()).toEqual([
        ['Dinner', 0],
        ['Lunch', 0],
      ]),
    );
    await whileOffline(alice, () => say('hungry?'));
    await waitFor(() =>
      expect(shown()).toEqual([
        ['Lunch', 1],
        ['Dinner', 0],
      ]),
    );
    await bob.request(AddParticipantsDocument, { conversationId, userIds: ['carol'] });
    await waitFor(() => expect(list.current.conversations[0]?.participants).toHaveLength(3));
    await bob.request(RemoveParticipantsDocument, { conversationId, userIds: ['alice'] });
    await waitFor(() => expect(shown()).toEqual([['Dinner', 0]]));
  });

  it('shows who is typing, until they stop or nothing is heard any more', async () => {
    const alice = tabOf('alice');
    const [typing, bobs] = [alice, tabOf('bob')].map((tab) =>
      tab.use(() => useTypingIndicator(conversationId)),
    );
    const typists = () => typing?.current.typing.map(({ id }) => id);
    await waitFor(() => expect(alice.kit.log).toContain('typing is followed'));
    await waitFor(() => {
      act(() => bobs?.current.onTyping());
      expect(typists()).toEqual(['bob']);
    });
    act(() => bobs?.current.onStopped());
    await waitFor(() => expect(typists()).toEqual([]));
    await bob.request(SetTypingDocument, { conversationId, isTyping: true });
    await waitFor(() => expect(typists()).toEqual(['bob']));
    network.goDown();
    await waitFor(() => expect(typists()).toEqual([]));
  });
});

describe('useNotifications', () => {
  const notify = (title: string, type: 'ORDER' | 'MESSAGE' = 'ORDER') =>
    backend.request(SendNotificationDocument, { input: { userIds: ['alice'], type, title, body: '' } });
  const titles = ({ notifications }: { readonly notifications: readonly { readonly title: string }[] }) =>
    notifications.map(({ title }) => title);

  it('shows the feed and the same count in every tab, and what came while nobody was connected', async () => {
    await notify('one');
    const tabs = [tabOf('alice'), tabOf('alice')] as const;
    const [here, there] = [tabs[0].use(() => useNotifications()), tabs[1].use(() => useNotifications())];
    for (const each of [here, there])
      await waitFor(() => expect(each.current).toMatchObject({ status: 'live', unreadCount: 1 }));
    await notify('two');
    for (const each of [here, there])
      await waitFor(() => expect(titles(each.current)).toEqual(['two', 'one']));
    await act(() => here.current.markRead(here.current.notifications[1]!.id));
    for (const each of [here, there]) {
      await waitFor(() => expect(each.current.unreadCount).toBe(1));
      expect(each.current.notifications.map(({ readAt }) => readAt !== null)).toEqual([false, true]);
    }
    await whileOffline(tabs[0], () => notify('three'));
    await waitFor(() => expect(here.current.unreadCount).toBe(2));
    await act(() => here.current.markAllRead());
    await waitFor(() => expect(there.current.unreadCount).toBe(0));
    expect(there.current.notifications.every(({ readAt }) => readAt !== null)).toBe(true);
  });

  it('lists the types that are asked for, and counts all', async () => {
    const alice = tabOf('alice');
    const feed = alice.use(() => useNotifications({ types: ['MESSAGE'] }));
    const bell = alice.use(() => useNotifications({ types: [] }));
    await waitFor(() => expect(feed.current.status).toBe('live'));
    await notify('an order');
    await notify('a message', 'MESSAGE');
    await waitFor(() => expect(titles(feed.current)).toEqual(['a message']));
    expect(feed.current.unreadCount).toBe(2);
    await waitFor(() => expect(bell.current).toMatchObject({ unreadCount: 2, notifications: [] }));
  });

  it('loads more', async () => {
    for (let n = 1; n <= 25; n += 1) await notify(`${n}`);
    const feed = tabOf('alice').use(() => useNotifications());
    await waitFor(() => expect(feed.current).toMatchObject({ hasMore: true, unreadCount: 25 }));
    await act(() => feed.current.loadMore());
    await waitFor(() => expect(feed.current.notifications).toHaveLength(25));
    expect(feed.current.hasMore).toBe(false);
    expect(titles(feed.current)).toEqual(Array.from({ length: 25 }, (_, index) => `${25 - index}`));
  });
});

describe('usePresence', () => {
  it('shows who is here, of those named or of everyone, and sets one’s own', async () => {
    const alice = tabOf('alice');
    const [named, all] = [alice.use(() => usePresence(['bob', 'carol'])), alice.use(() => usePresence())];
    await waitFor(() => expect(all.current.statusOf('alice')).toBe('ONLINE'));
    expect(named.current.statusOf('bob')).toBe('OFFLINE');
    const bob = await person('bob');
    await bob.connected();
    for (const each of [named, all]) await waitFor(() => expect(each.current.statusOf('bob')).toBe('ONLINE'));
    await bob.request(SetPresenceDocument, { input: { status: 'BUSY' } });
    for (const each of [named, all]) await waitFor(() => expect(each.current.statusOf('bob')).toBe('BUSY'));
    await act(() => all.current.setPresence({ status: 'AWAY' }));
    await waitFor(() => expect(all.current.statusOf('alice')).toBe('AWAY'));
    await whileOffline(alice, () => bob[Symbol.asyncDispose]() as Promise<void>);
    for (const each of [named, all])
      await waitFor(() => expect(each.current.statusOf('bob')).toBe('OFFLINE'));
  });

  it('keeps what is known while others are asked for', async () => {
    const alice = tabOf('alice');
    const bob = await person('bob');
    await bob.connected();
    const shown: string[] = [];
    const wrapper = ({ children }: { children: ReactNode }) => (
      <TidingsProvider client={alice.kit.client}>{children}</TidingsProvider>
    );
    const { rerender } = renderHook(
      ({ ids }: { ids: readonly string[] }) => void shown.push(usePresence(ids).statusOf('bob')),
      { wrapper, initialProps: { ids: ['bob'] } },
    );
    await waitFor(() => expect(shown.at(-1)).toBe('ONLINE'));
    shown.length = 0;
    rerender({ ids: ['bob', 'alice'] });
    await waitFor(() => expect(timesIn(alice.kit.log, 'presenceChanged is followed')).toBe(2));
    const carol = await person('carol');
    await carol.connected();
    rerender({ ids: ['bob', 'alice', 'carol'] });
    await waitFor(() => expect(timesIn(alice.kit.log, 'presenceChanged is followed')).toBe(3));
    expect(new Set(shown)).toEqual(new Set(['ONLINE']));
    await bob[Symbol.asyncDispose]();
    await waitFor(() => expect(shown.at(-1)).toBe('OFFLINE'));
  });
});

describe('useRoom', () => {
  it('shows who is there, the viewer among them while the page is shown, and what is told', async () => {
    const [alice, bob] = [tabOf('alice'), tabOf('bob')];
    const onlooker = alice.use(() => useRoom('public:product-1', { join: false, events: true }));
    await waitFor(() => expect(onlooker.current).toMatchObject({ status: 'live', count: 0 }));
    const wrapper = ({ children }: { children: ReactNode }) => (
      <TidingsProvider client={bob.kit.client}>{children}</TidingsProvider>
    );
    const page = renderHook(() => useRoom('public:product-1'), { wrapper });
    await waitFor(() => expect(onlooker.current.members.map(({ id }) => id)).toEqual(['bob']));
    await act(() => page.result.current.publish('waved', { hand: 'left' }));
    await waitFor(() =>
      expect(onlooker.current.events).toMatchObject([
        { name: 'waved', data: { hand: 'left' }, sender: { id: 'bob' } },
      ]),
    );
    const carol = await person('carol');
    await whileOffline(alice, () =>
      carol.request(PublishRoomEventDocument, { input: { room: 'public:product-1', name: 'called' } }),
    );
    await waitFor(() => expect(onlooker.current.events.map(({ name }) => name)).toEqual(['called', 'waved']));
    page.unmount();
    await waitFor(() => expect(onlooker.current.count).toBe(0));
  });

  it('that one may not enter says so', async () => {
    const room = tabOf('alice').use(() => useRoom('board'));
    await waitFor(() => expect(room.current.status).toBe('failed'));
    expect(room.current.error?.graphQLErrors[0]?.extensions['code']).toBe('NOT_FOUND');
  });
});

it('useAnnouncements shows what everyone is told, the newest first', async () => {
  const told = tabOf('alice').use(() => useAnnouncements());
  const messages = () => told.current.announcements.map(({ message }) => message);
  const tell = (message: string) => backend.request(PublishAnnouncementDocument, { input: { message } });
  expect(told.current).toMatchObject({ status: 'loading', announcements: [], error: null });
  await waitFor(() => expect(told.current.status).toBe('live'));
  await tell('one');
  await waitFor(() => expect(messages()).toEqual(['one']));
  await tell('two');
  await waitFor(() => expect(messages()).toEqual(['two', 'one']));
});

it('useAnnouncements and useRoom say that they have failed', async () => {
  const kit = openKitClient(server, {
    token: tokenOf('alice', { workspace }),
    fetch: async () => new Response('<h1>Nothing here</h1>', { status: 404 }),
  });
  opened.push(kit);
  const wrapper = ({ children }: { children: ReactNode }) => (
    <TidingsProvider client={kit.client}>{children}</TidingsProvider>
  );
  const told = renderHook(() => useAnnouncements(), { wrapper }).result;
  const room = renderHook(() => useRoom('public:product-1', { events: true }), { wrapper }).result;
  const onlyMembers = renderHook(() => useRoom('public:product-1'), { wrapper }).result;
  await waitFor(() => expect(told.current).toMatchObject({ status: 'failed', announcements: [] }));
  // Who is there is told over the WebSocket, and is right.
  await waitFor(() => expect(room.current).toMatchObject({ status: 'failed', count: 1 }));
  for (const { error } of [told.current, room.current]) expect(error?.networkError).toBeDefined();
  expect(onlyMembers.current).toMatchObject({ status: 'live', error: null });
});

describe('TidingsProvider', () => {
  it('keeps the connection open while it is mounted, and tells its state', async () => {
    const alice = tabOf('alice');
    const state = alice.use(() => useConnectionState());
    await waitFor(() => expect(state.current).toEqual({ status: 'connected' }));
    network.goDown();
    await waitFor(() => expect(state.current.status).toBe('reconnecting'));
    network.comeBack();
    act(() => alice.kit.client.connect());
    await waitFor(() => expect(state.current.status).toBe('connected'));
    // StrictMode has mounted it twice.
    expect(alice.kit.states.filter(({ status }) => status === 'connecting')).toHaveLength(1);
    cleanup();
    // It is somebody's own client.
    expect(alice.kit.client.connectionState.status).toBe('connected');
  });

  it('disconnects the client that it has made, and sends nothing more in its user’s name', async () => {
    let client = null as TidingsClient | null;
    let posted = 0;
    let send = (_body: string): unknown => undefined;
    // The second try is on its way when the page goes.
    let leave = (): void => {};
    const gone = new Promise<void>((resolve) => (leave = resolve));
    const Page = () => {
      client = useTidings();
      const conversation = useConversation('nowhere');
      useEffect(() => void (send = conversation.send));
      return null;
    };
    const page = render(
      <StrictMode>
        <TidingsProvider
          url={`${server.url}/graphql`}
          token={tokenOf('alice', { workspace })}
          webSocketImpl={WebSocket}
          fetch={async (_address, init) => {
            if (typeof init?.body === 'string' && init.body.includes('sendMessage')) posted += 1;
            if (posted === 2) await gone;
            throw new TypeError('the network is away');
          }}
        >
          <Page />
        </TidingsProvider>
      </StrictMode>,
    );
    await waitFor(() => expect(client?.connectionState.status).toBe('connected'));
    act(() => void send('hello'));
    await waitFor(() => expect(posted).toBe(2));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    try {
      page.unmount();
      await vi.advanceTimersByTimeAsync(1_000);
      leave();
      await vi.advanceTimersByTimeAsync(60_000);
    } finally {
      vi.useRealTimers();
    }
    expect(client?.connectionState).toMatchObject({ status: 'closed', reason: 'disconnected' });
    expect(posted).toBe(2);
    expect(() => send('too late')).toThrow('<TidingsProvider> is gone');
  });

  it('asks the token function that it is given later', async () => {
    let client = null as TidingsClient | null;
    const Page = () => {
      client = useTidings();
      return <p>{useOrder('later').status}</p>;
    };
    const given = (token: TidingsClientOptions['token']) => (
      <TidingsProvider url={`${server.url}/graphql`} token={token} webSocketImpl={WebSocket}>
        <Page />
      </TidingsProvider>
    );
    const page = render(given(null));
    await waitFor(() =>
      expect(client?.connectionState).toMatchObject({ status: 'closed', reason: 'unauthenticated' }),
    );
    page.rerender(given(tokenOf('alice', { workspace })));
    await waitFor(() => expect(client?.connectionState.status).toBe('connected'));
    await waitFor(() => expect(page.getByText('not-found')).toBeDefined());
  });

  it('is asked for where it is missing', () => {
    expect(() => renderHook(() => useConnectionState())).toThrow(/put one around the page/);
  });

  it('renders on a server, where nothing is opened', () => {
    const Page = () => {
      const [{ status }, { unreadCount }] = [useOrder('1'), useNotifications()];
      return `${useConnectionState().status} ${status} ${unreadCount} ${useConversation('1').messages.length}`;
    };
    const html = renderToString(
      <TidingsProvider url="/graphql" token={tokenOf('alice')}>
        <Page />
      </TidingsProvider>,
    );
    expect(html).toBe('idle loading 0 0');
  });
});
