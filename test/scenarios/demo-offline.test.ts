// What is special about Tidings, as the demo app shows it: whatever happens to the connection, nothing is missing afterwards.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  CreateConversationDocument,
  PublishOrderUpdateDocument,
  SendMessageDocument,
  SendNotificationDocument,
} from '../../src/client/generated.ts';
import { openBrowser } from '../support/browser.ts';
import { connect, type Person } from '../support/client.ts';
import { patiently, visit, type Visit, type Visitor } from '../support/demo-visitor.ts';
import { startServer, type TestServer } from '../support/server.ts';

let browser: Browser;
let server: TestServer;
let dataDir: string;
let shop: Person;
let alice: string;
let bob: string;
const opened: Visitor[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tidings-demo-'));
  [server, browser] = await Promise.all([startHere('0'), openBrowser()]);
  shop = await connect(server, 'demo-shop', { scope: 'orders:publish notifications:send chat:write' });
}, 120_000);
afterAll(async () => {
  await browser.close();
  await shop[Symbol.asyncDispose]();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(() => {
  alice = `alice-${randomUUID().slice(0, 8)}`;
  bob = `bob-${randomUUID().slice(0, 8)}`;
});
afterEach(async () => {
  const complaints = opened.flatMap((visitor) => visitor.complaints);
  await Promise.all(opened.splice(0).map((visitor) => visitor[Symbol.asyncDispose]()));
  // The browser itself reports what could not be reached.
  const unreachable = /ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE|FAILED|SOCKET_NOT_CONNECTED)/;
  expect(complaints.filter((complaint) => !unreachable.test(complaint))).toEqual([]);
});

const startHere = (port: string) => startServer({ env: { PORT: port, DATA_DIR: join(dataDir, 'data') } });

async function open(user: string, where: Partial<Visit> = {}): Promise<Visitor> {
  const visitor = await visit(browser, { url: server.url, user, ...where });
  opened.push(visitor);
  await visitor.isLive();
  return visitor;
}

async function converse(): Promise<string> {
  const { createConversation } = await shop.request(CreateConversationDocument, {
    input: { asUserId: alice, participantIds: [bob], title: 'Lunch' },
  });
  return createConversation.conversation.id;
}

const sayAs = (asUserId: string, conversationId: string, body: string) =>
  shop.request(SendMessageDocument, { input: { asUserId, conversationId, body } });
const notify = (title: string) =>
  shop.request(SendNotificationDocument, { input: { userIds: [alice], type: 'SYSTEM', title, body: '' } });
const move = (orderId: string, status: 'PENDING' | 'PROCESSING' | 'SHIPPED' | 'DELIVERED') =>
  shop.request(PublishOrderUpdateDocument, { input: { orderId, customerId: alice, status } });

const unread = async ({ bell }: Visitor) => Number(/\d+/.exec((await bell.getAttribute('aria-label')) ?? ''));
const titles = ({ page }: Visitor) => page.locator('.notification-title').allTextContents();
const steps = ({ page }: Visitor) =>
  page
    .getByRole('list', { name: 'Timeline' })
    .locator('li:not([data-step="coming"]) .step-name')
    .allInnerTexts();

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

it('offline and back: messages, notifications and the order are all there, in order, each once', async () => {
  const conversation = await converse();
  const order = randomUUID();
  await move(order, 'PENDING');
  const [anne, ben] = await Promise.all([open(alice, { conversation }), open(bob, { conversation })]);
  const offline = anne.page.getByRole('switch', { name: 'Go offline' });
  await offline.click();
  await expect.poll(() => anne.connection.innerText(), patiently).toBe('Offline');
  expect(await offline.getAttribute('aria-checked')).toBe('true');

  await anne.say('written in a tunnel');
  await anne.say('and this too');
  await anne.messages.getByText('Waiting for the connection').first().waitFor();
  for (const number of numbers(3)) await ben.say(`message ${number}`);
  for (const number of numbers(4)) await notify(`notification ${number}`);
  for (const status of ['PROCESSING', 'SHIPPED', 'DELIVERED'] as const) await move(order, status);
  await expect.poll(async () => (await ben.bodies()).length, patiently).toBe(3);
  expect(await ben.messages.getByText('Sending…').count()).toBe(0);
  expect(await anne.bodies()).toEqual(['written in a tunnel', 'and this too']);

  await offline.click();
  const everything = ['message 1', 'message 2', 'message 3', 'written in a tunnel', 'and this too'];
  await expect.poll(() => anne.bodies(), patiently).toEqual(everything);
  await expect.poll(() => ben.bodies(), patiently).toEqual(everything);
  await anne.messages.getByText('Waiting for the connection').waitFor({ state: 'detached' });
  await expect
    .poll(() => steps(anne), patiently)
    .toEqual(['Received', 'Being packed', 'Shipped', 'Delivered']);
  await expect.poll(() => unread(anne), patiently).toBe(4);
  await anne.page.getByText(/4 notifications\s+came while you were away/).waitFor();
  await anne.bell.click();
  await expect
    .poll(() => titles(anne), patiently)
    .toEqual([4, 3, 2, 1].map((number) => `Unread: notification ${number}`));
});

it('“Publish 5 while I am offline” shows it with one button', async () => {
  const anne = await open(alice);
  await anne.page.getByRole('button', { name: 'Backend' }).click();
  await anne.page.getByRole('button', { name: 'Publish 5 while I am offline' }).click();
  await anne.page.getByText('You are offline now. Come back').waitFor();
  await anne.page.getByText(`Notification 5 of 5, to ${toName(alice)}`).waitFor();
  expect(await unread(anne)).toBe(0);
  await anne.page.getByRole('button', { name: 'Come back' }).click();
  await expect.poll(() => unread(anne), patiently).toBe(5);
  await anne.bell.click();
  await expect
    .poll(() => titles(anne), patiently)
    .toEqual([5, 4, 3, 2, 1].map((number) => `Unread: While you were away: ${number} of 5`));
});

it('what is refused while one is offline is told, and what is edited offline is not lost', async () => {
  const conversation = await converse();
  const anne = await open(alice, { conversation });
  await anne.say('Soop');
  await anne.messages.getByText('Sending…').waitFor({ state: 'detached' });
  await anne.page.getByRole('switch', { name: 'Go offline' }).click();
  const own = anne.messages.locator('.message', { hasText: 'Soop' });
  await own.hover();
  await own.getByRole('button', { name: 'Edit' }).click();
  await anne.page.getByRole('textbox', { name: 'Edit message' }).fill('Soup');
  await anne.page.getByRole('button', { name: 'Save' }).click();
  await anne.messages.getByRole('alert').waitFor();
  expect(await anne.page.getByRole('textbox', { name: 'Edit message' }).inputValue()).toBe('Soup');
  await anne.page.getByRole('switch', { name: 'Go offline' }).click();
  await anne.isLive();
  await anne.page.getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => anne.bodies(), patiently).toEqual(['Soup']);
});

it(
  'a server that is killed and comes back under open pages is not noticed in what they show',
  { timeout: 120_000 },
  async () => {
    const conversation = await converse();
    const [anne, ben] = await Promise.all([open(alice, { conversation }), open(bob, { conversation })]);
    await anne.say('before');
    await expect.poll(() => ben.bodies(), patiently).toEqual(['before']);
    const { port } = new URL(server.url);
    await server.kill();
    await expect.poll(() => anne.connection.innerText(), patiently).toBe('Reconnecting');
    await anne.page.locator('.pill-countdown').waitFor();
    await anne.page.getByText('The connection is lost').waitFor();
    await anne.say('into the void');
    await anne.messages.getByText('Waiting for the connection').waitFor();

    server = await startHere(port);
    // From somebody who is quicker than the pages.
    await sayAs(bob, conversation, 'meanwhile');
    await notify('meanwhile');
    const all = async (visitor: Visitor) => (await visitor.bodies()).toSorted();
    for (const visitor of [anne, ben]) {
      // The longer a server is away, the longer the pages wait between their tries.
      await visitor.isLive({ timeout: 40_000 });
      await expect.poll(() => all(visitor), patiently).toEqual(['before', 'into the void', 'meanwhile']);
    }
    expect(await ben.bodies()).toEqual(await anne.bodies());
    await expect.poll(() => unread(anne), patiently).toBe(1);
    await anne.say('after');
    await expect.poll(async () => (await ben.bodies()).at(-1), patiently).toBe('after');
  },
);

it('a token that expires under an open page is replaced without an interruption', async () => {
  const conversation = await converse();
  const visitor = await visit(browser, { url: server.url, user: null });
  opened.push(visitor);
  let renewals = 0;
  let sockets = 0;
  visitor.page.on('websocket', (webSocket) => {
    sockets += 1;
    webSocket.on(
      'framesent',
      ({ payload }) => (renewals += String(payload).includes('renewSession(') ? 1 : 0),
    );
  });
  const hash = new URLSearchParams({ conversation }).toString();
  await visitor.page.goto(`${server.url}/?as=${alice}&expiresIn=6#${hash}`);
  await visitor.isLive();
  let said = 0;
  await expect
    .poll(
      async () => {
        await sayAs(bob, conversation, `message ${(said += 1)}`);
        return renewals;
      },
      { timeout: 25_000, interval: 500 }, // by the second renewal the first token has expired
    )
    .toBe(2);
  await expect
    .poll(() => visitor.bodies(), patiently)
    .toEqual(numbers(said).map((number) => `message ${number}`));
  expect(sockets).toBe(1);
});

it('where no token is to be had for a while, the page comes back when there is one, and misses nothing', async () => {
  const conversation = await converse();
  const anne = await open(alice, { conversation, expiresIn: 6 });
  await sayAs(bob, conversation, 'before');
  await expect.poll(() => anne.bodies(), patiently).toEqual(['before']);
  await anne.page.route('**/dev/token?*', (route) => route.abort());
  await expect.poll(() => anne.connection.innerText(), patiently).toBe('Reconnecting');
  await sayAs(bob, conversation, 'meanwhile');
  await notify('meanwhile');
  await anne.page.unroute('**/dev/token?*');
  await anne.page.getByRole('button', { name: 'Try now' }).click();
  await expect.poll(() => anne.bodies(), patiently).toEqual(['before', 'meanwhile']);
  await expect.poll(() => unread(anne), patiently).toBe(1);
});

const toName = (id: string): string => id.charAt(0).toUpperCase() + id.slice(1);
