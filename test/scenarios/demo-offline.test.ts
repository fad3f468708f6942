// What is special about Tidings, as the demo app shows it: whatever happens to the connection, nothing is missing afterwards.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CreateConversationDocument,
  PublishInventoryAlertDocument,
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
  shop = await connect(server, 'demo-shop', {
    scope: 'orders:publish notifications:send inventory:publish chat:write',
  });
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

/** What the drawer says of each publishing. */
const published = ({ page }: Visitor) => page.getByRole('log', { name: 'Published' });
const graphql = '**/graphql';
/** What the page publishes as a backend; the page's own queries pass. */
const onPublishing = (page: Page, handle: (route: Route) => Promise<void>) =>
  page.route(graphql, (route) =>
    /mutation (Publish|SendNotification)/.test(route.request().postData() ?? '')
      ? handle(route)
      : route.fallback(),
  );

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
  await anne.page
    .getByText(/3 messages, 4 notifications and 3 order steps\s+came while you were away/)
    .waitFor();
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

it('messages alone are told as well when one comes back, the conversation that is shown among them', async () => {
  const conversation = await converse();
  const anne = await open(alice, { conversation });
  await sayAs(bob, conversation, 'before');
  await expect.poll(() => anne.bodies(), patiently).toEqual(['before']);
  await anne.page.locator('.conversation-row .badge').waitFor({ state: 'detached' });
  const offline = anne.page.getByRole('switch', { name: 'Go offline' });
  await offline.click();
  await sayAs(bob, conversation, 'one');
  await sayAs(bob, conversation, 'two');
  await offline.click();
  await anne.page.getByText(/^2 messages\s+came while you were away/).waitFor();
});

describe('the backend, which is never offline', () => {
  it('keeps the order in sight when it is opened offline, and publishes', async () => {
    const order = randomUUID();
    await move(order, 'PENDING');
    const anne = await open(alice);
    await expect.poll(() => steps(anne), patiently).toEqual(['Received']);
    await anne.page.getByRole('switch', { name: 'Go offline' }).click();
    await anne.page.getByRole('button', { name: 'Backend' }).click();
    const form = anne.page.getByRole('form', { name: 'Publish an order update' });
    await form.getByRole('heading', { name: `Order ${order}` }).waitFor();
    await form.getByRole('button', { name: 'Publish' }).click();
    await published(anne).getByText(`Order ${order}: Confirmed`, { exact: true }).waitFor();
    expect(await steps(anne)).toEqual(['Received']);
    expect(await anne.page.getByText('could not be loaded').count()).toBe(0);
    await anne.page.getByRole('button', { name: 'Come back' }).click();
    await expect.poll(() => steps(anne), patiently).toEqual(['Received', 'Confirmed']);
  });

  it('tries again by itself where the server does not answer, and it happens once', async () => {
    const anne = await open(alice);
    await anne.page.getByRole('button', { name: 'Backend' }).click();
    let failures = 0;
    await onPublishing(anne.page, async (route) => {
      if ((failures += 1) > 2) return route.fallback();
      // The first one arrives, and only its answer is lost.
      if (failures === 1) await route.fetch();
      return route.abort();
    });
    const form = anne.page.getByRole('form', { name: 'Send a notification' });
    await form.getByRole('textbox', { name: 'Title' }).fill('Only once');
    await form.getByRole('button', { name: 'Send' }).click();
    await published(anne)
      .getByText(/^Notification to .*: Only once$/)
      .waitFor();
    await expect.poll(() => unread(anne), patiently).toBe(1);
  });

  it('shows no order that was refused, and keeps what was typed', async () => {
    const anne = await open(alice);
    await anne.page.getByText('No orders yet').waitFor();
    await anne.page.getByRole('button', { name: 'Backend' }).click();
    const form = anne.page.getByRole('form', { name: 'Publish an order update' });
    const refuse = (route: Route) =>
      route.fulfill({
        json: { errors: [{ message: 'Not today.', extensions: { code: 'FORBIDDEN' } }] },
      });
    await onPublishing(anne.page, refuse);
    await form.getByRole('button', { name: 'New order' }).click();
    await published(anne)
      .getByText(/^New order .*: Not today\.$/)
      .waitFor();
    await anne.page.getByText('No orders yet').waitFor();
    expect(await anne.page.getByText('There is no order').count()).toBe(0);

    await anne.page.unroute(graphql);
    await form.getByRole('button', { name: 'New order' }).click();
    await expect.poll(() => steps(anne), patiently).toEqual(['Received']);
    await onPublishing(anne.page, refuse);
    await form.getByRole('textbox', { name: 'Note' }).fill('By hand');
    await form.getByRole('button', { name: 'Publish' }).click();
    await published(anne)
      .getByText(/: Confirmed: Not today\.$/)
      .waitFor();
    expect(await form.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('By hand');
  });

  it('publishes once where a button is pressed twice, and the button keeps the focus', async () => {
    const anne = await open(alice);
    await anne.page.getByRole('button', { name: 'Backend' }).click();
    const send = anne.page
      .getByRole('form', { name: 'Send a notification' })
      .getByRole('button', { name: 'Send' });
    let sent = 0;
    let answer = () => {};
    const answers = new Promise<void>((resolve) => (answer = resolve));
    await onPublishing(anne.page, async (route) => {
      sent += 1;
      await answers;
      await route.fallback();
    });
    await send.focus();
    await anne.page.keyboard.press('Enter');
    await anne.page.keyboard.press('Enter');
    await published(anne)
      .getByText(/^Sending…/)
      .waitFor();
    await send.dispatchEvent('click');
    answer();
    await published(anne)
      .getByText(/^Notification to/)
      .waitFor();
    expect(await published(anne).getByRole('listitem').count()).toBe(1);
    expect(sent).toBe(1);
    expect(await send.evaluate((button) => button === document.activeElement)).toBe(true);
    await expect.poll(() => unread(anne), patiently).toBe(1);
  });

  it('that publishes nothing takes nobody offline for long', async () => {
    const anne = await open(alice);
    await anne.page.getByRole('button', { name: 'Backend' }).click();
    await onPublishing(anne.page, (route) =>
      route.fulfill({ json: { errors: [{ message: 'Not today.', extensions: { code: 'FORBIDDEN' } }] } }),
    );
    await anne.page.getByRole('button', { name: 'Publish 5 while I am offline' }).click();
    await anne.page.getByText('Nothing could be published').waitFor();
    await anne.isLive();
  });
});

it('the stock is as it is when one comes back, also of a product that was chosen offline', async () => {
  const set = (productId: string, stockLevel: number) =>
    shop.request(PublishInventoryAlertDocument, {
      input: { productId, productName: productId, kind: 'LOW_STOCK', stockLevel },
    });
  await set('turntable', 4);
  const anne = await open(alice);
  const stock = anne.page.getByRole('status', { name: 'Stock' });
  const choose = (product: string) =>
    anne.page.getByRole('combobox', { name: 'Product' }).selectOption(product);
  await choose('Turntable');
  await expect.poll(() => stock.innerText(), patiently).toBe('Only 4 left');
  const offline = anne.page.getByRole('switch', { name: 'Go offline' });
  await offline.click();
  await set('turntable', 3);
  await offline.click();
  await expect.poll(() => stock.innerText(), patiently).toBe('Only 3 left');

  await offline.click();
  await set('speakers', 2);
  await choose('Speakers');
  expect(await stock.innerText()).toBe('Stock unknown');
  await offline.click();
  await expect.poll(() => stock.innerText(), patiently).toBe('Only 2 left');
  await set('speakers', 1);
  await expect.poll(() => stock.innerText(), patiently).toBe('Only 1 left');
});

it('whose token is refused is told so, and led back to choosing who they are', async () => {
  // Beside those whose complaints are looked at: the browser tells of every refusal.
  await using visitor = await visit(browser, { url: server.url, user: null });
  const { page } = visitor;
  await page.route('**/dev/token?*', (route) => route.fulfill({ json: { token: 'nonsense' } }));
  await page.goto(`${server.url}/?as=${alice}`);
  await page.getByText('The server has refused this visit').waitFor();
  expect(await page.getByText('waits here').count()).toBe(0);
  await page.getByRole('link', { name: 'Choose who you are' }).click();
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
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
  await anne.messages.getByRole('alert').getByText('You are offline.').waitFor();
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
  const asked = anne.page.waitForRequest('**/dev/token?*');
  await anne.page.getByRole('button', { name: 'Try now' }).click();
  await asked;
  await anne.page.unroute('**/dev/token?*');
  await expect.poll(() => anne.bodies(), patiently).toEqual(['before', 'meanwhile']);
  await expect.poll(() => unread(anne), patiently).toBe(1);
});

const toName = (id: string): string => id.charAt(0).toUpperCase() + id.slice(1);
