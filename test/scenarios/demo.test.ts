// The demo app as two people have it open, each in a window of their own: what one does, the other sees.
import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

let server: TestServer;
let browser: Browser;
/** The shop's own services. */
let shop: Person;
let alice: string;
let bob: string;
const opened: Visitor[] = [];

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
  const scope = 'orders:publish notifications:send announcements:publish chat:write';
  shop = await connect(server, 'demo-shop', { scope });
}, 120_000);
afterAll(async () => {
  await browser.close();
  await shop[Symbol.asyncDispose]();
  await server.stop();
});
beforeEach(() => {
  // People of their own for every test: nothing that another one has left is in the way.
  alice = `alice-${randomUUID().slice(0, 8)}`;
  bob = `bob-${randomUUID().slice(0, 8)}`;
});
afterEach(async () => {
  const complaints = opened.flatMap((visitor) => visitor.complaints);
  await Promise.all(opened.splice(0).map((visitor) => visitor[Symbol.asyncDispose]()));
  expect(complaints).toEqual([]);
});

async function open(user: string, where: Partial<Visit> = {}): Promise<Visitor> {
  const visitor = await visit(browser, { url: server.url, user, ...where });
  opened.push(visitor);
  await visitor.isLive();
  return visitor;
}

async function converse(title: string): Promise<string> {
  const { createConversation } = await shop.request(CreateConversationDocument, {
    input: { asUserId: alice, participantIds: [bob], title },
  });
  return createConversation.conversation.id;
}

const sayAs = (asUserId: string, conversationId: string, body: string) =>
  shop.request(SendMessageDocument, { input: { asUserId, conversationId, body } });

describe('two people in a conversation', () => {
  let conversation: string;
  let anne: Visitor;
  let ben: Visitor;
  beforeEach(async () => {
    conversation = await converse('Lunch');
    [anne, ben] = await Promise.all([open(alice, { conversation }), open(bob, { conversation })]);
  });

  it('read what the other writes, and see that it was read', async () => {
    await anne.say('Are you hungry?');
    await expect.poll(() => ben.bodies(), patiently).toEqual(['Are you hungry?']);
    await expect.poll(() => anne.messages.innerText(), patiently).toContain(`Seen by ${toName(bob)}`);
    await ben.say('Always.');
    for (const { bodies } of [anne, ben])
      await expect.poll(bodies, patiently).toEqual(['Are you hungry?', 'Always.']);
    expect(await ben.messages.innerText()).not.toContain('Waiting');
  });

  it('see that the other is typing, until the message is there', async () => {
    const typing = ben.page.getByRole('status', { name: 'Typing' });
    await anne.composer.pressSequentially('Well');
    await expect.poll(() => typing.innerText(), patiently).toBe(`${toName(alice)} is typing…`);
    await anne.composer.press('Enter');
    await expect.poll(() => ben.bodies(), patiently).toEqual(['Well']);
    await expect.poll(() => typing.innerText(), patiently).toBe('');
  });

  it('Shift and Enter begin a new line, Enter alone sends', async () => {
    await anne.composer.pressSequentially('one');
    await anne.composer.press('Shift+Enter');
    await anne.composer.pressSequentially('two');
    await anne.composer.press('Enter');
    await expect.poll(() => ben.bodies(), patiently).toEqual(['one\ntwo']);
  });

  it('see what is edited and what is deleted', async () => {
    await anne.say('Soop?');
    await expect.poll(() => ben.bodies(), patiently).toEqual(['Soop?']);
    const own = anne.messages.locator('.message', { hasText: 'Soop?' });
    await own.hover();
    await own.getByRole('button', { name: 'Edit' }).click();
    await anne.page.getByRole('textbox', { name: 'Edit message' }).fill('Soup?');
    await anne.page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => ben.bodies(), patiently).toEqual(['Soup?']);
    expect(await ben.messages.innerText()).toContain('edited');

    const edited = anne.messages.locator('.message', { hasText: 'Soup?' });
    await edited.hover();
    await edited.getByRole('button', { name: 'Delete' }).click();
    await anne.page.getByRole('button', { name: 'Yes, delete' }).click();
    await expect.poll(() => ben.bodies(), patiently).toEqual(['This message was deleted']);
  });

  it('see each other come, be busy, and go', async () => {
    const dot = anne.page.locator('.conversations .dot');
    await expect.poll(() => dot.innerText(), patiently).toBe('Online');
    await ben.page.getByRole('combobox', { name: 'Your status' }).selectOption('Busy');
    await expect.poll(() => dot.innerText(), patiently).toBe('Busy');
    await ben.context.close();
    await expect.poll(() => dot.innerText(), patiently).toBe('Offline');
  });

  it('see who else looks at a product', async () => {
    const choose = async ({ page }: Visitor) =>
      page.getByRole('combobox', { name: 'Product' }).selectOption('Turntable');
    const lookers = anne.page.getByRole('status', { name: 'Who else looks at this' });
    await choose(anne);
    await expect.poll(() => lookers.innerText(), patiently).toBe('Nobody else looks at this product');
    await choose(ben);
    await expect
      .poll(() => lookers.innerText(), patiently)
      .toBe(`1 other looks at this product: ${toName(bob)}`);
  });
});

it('a conversation that somebody begins is in the other’s list, with what is unread', async () => {
  const [anne, ben] = await Promise.all([open('carol'), open('dan')]);
  await anne.page.getByRole('button', { name: 'New', exact: true }).click();
  await anne.page.getByRole('checkbox', { name: /Dan/ }).check();
  const title = `Refund ${randomUUID()}`;
  await anne.page.getByRole('textbox', { name: 'Title (optional)' }).fill(title);
  await anne.page.getByRole('button', { name: 'Begin' }).click();
  await anne.page.getByRole('heading', { name: title }).waitFor();
  const row = ben.page.getByRole('button', { name: title });
  await row.waitFor();
  await anne.say('Where is my money?');
  await expect.poll(() => row.innerText(), patiently).toContain('Carol: Where is my money?');
  await expect.poll(() => row.locator('.badge').innerText(), patiently).toContain('1');
  await row.click();
  await expect.poll(() => ben.bodies(), patiently).toEqual(['Where is my money?']);
  await row.locator('.badge').waitFor({ state: 'detached' });
});

it('older messages come when they are asked for, and the place that was read stays', async () => {
  const conversation = await converse('Long');
  for (let number = 1; number <= 45; number += 1) await sayAs(bob, conversation, `message ${number}`);
  const anne = await open(alice, { conversation });
  await expect.poll(async () => (await anne.bodies()).length, patiently).toBe(30);
  await anne.messages.getByText('message 45').waitFor();
  await anne.page.getByRole('button', { name: 'Load older messages' }).click();
  await expect
    .poll(() => anne.bodies(), patiently)
    .toEqual(Array.from({ length: 45 }, (_, index) => `message ${index + 1}`));
  const isInSight = (text: string) =>
    anne.messages.getByText(text, { exact: true }).evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      const list = element.closest('[role=log]')!.getBoundingClientRect();
      return top >= list.top && bottom <= list.bottom;
    });
  await expect.poll(() => isInSight('message 16'), patiently).toBe(true);
  await anne.page.getByRole('button', { name: 'Load older messages' }).waitFor({ state: 'detached' });
});

describe('an order', () => {
  const timelineOf = ({ page }: Visitor) => page.getByRole('list', { name: 'Timeline' });
  const done = (visitor: Visitor) =>
    timelineOf(visitor).locator('li:not([data-step="coming"]) .step-name').allInnerTexts();

  it('moves along its timeline as the shop publishes', async () => {
    const order = randomUUID();
    const publish = (status: 'PENDING' | 'SHIPPED' | 'CANCELLED', note?: string) =>
      shop.request(PublishOrderUpdateDocument, {
        input: { orderId: order, customerId: alice, status, note: note ?? null },
      });
    await publish('PENDING');
    const anne = await open(alice);
    await expect.poll(() => done(anne), patiently).toEqual(['Received']);
    await publish('SHIPPED', 'With the night train');
    await expect.poll(() => done(anne), patiently).toEqual(['Received', 'Shipped']);
    expect(await timelineOf(anne).innerText()).toContain('With the night train');
    expect(await timelineOf(anne).innerText()).toContain('Out for delivery');
    expect(await anne.page.getByRole('status', { name: 'Order status' }).innerText()).toContain('Shipped');
    await publish('CANCELLED');
    await expect.poll(() => done(anne), patiently).toEqual(['Received', 'Shipped', 'Cancelled']);
    expect(await timelineOf(anne).innerText()).not.toContain('Out for delivery');
  });

  it('is placed and moved by the backend drawer, and rings the customer’s bell', async () => {
    const anne = await open(alice);
    await anne.page.getByText('No orders yet').waitFor();
    await anne.page.getByRole('button', { name: 'Backend' }).click();
    await anne.page.getByRole('button', { name: 'New order' }).click();
    await expect.poll(() => done(anne), patiently).toEqual(['Received']);
    const form = anne.page.getByRole('form', { name: 'Publish an order update' });
    await form.getByRole('textbox', { name: 'Note' }).fill('By hand');
    await form.getByRole('button', { name: 'Publish' }).click();
    await expect.poll(() => done(anne), patiently).toEqual(['Received', 'Confirmed']);
    await expect.poll(() => anne.bell.getAttribute('aria-label'), patiently).toBe('Notifications, 1 unread');
  });

  it('of somebody else is not found', async () => {
    const ben = await open(bob, { order: '1001' });
    await ben.page.getByText('There is no order 1001').waitFor();
  });
});

describe('what everyone is told', () => {
  it('stands above the page, critical ones as an alert, until it is put away', async () => {
    const [anne, ben] = await Promise.all([open(alice), open(bob)]);
    await anne.page.getByRole('button', { name: 'Backend' }).click();
    const form = anne.page.getByRole('form', { name: 'Announce' });
    const message = `Fire drill ${randomUUID()}`;
    await form.getByRole('textbox', { name: 'Text' }).fill(message);
    await form.getByRole('combobox', { name: 'Level' }).selectOption('Critical');
    await form.getByRole('button', { name: 'Announce' }).click();
    const alert = ben.page.getByRole('alert').filter({ hasText: message });
    await alert.waitFor();
    expect(await alert.innerText()).toContain('Critical');
    await ben.page.getByRole('button', { name: `Dismiss: ${message}` }).click();
    await alert.waitFor({ state: 'detached' });
    await ben.page.reload();
    await ben.isLive();
    await anne.page.getByRole('alert').filter({ hasText: message }).waitFor();
    expect(await alert.count()).toBe(0);
  });

  it('of a stock is beside the product', async () => {
    const anne = await open(alice);
    await anne.page.getByRole('combobox', { name: 'Product' }).selectOption('Speakers');
    await anne.page.getByRole('button', { name: 'Backend' }).click();
    const form = anne.page.getByRole('form', { name: 'Set the stock' });
    await form.getByRole('button', { name: 'Set' }).click();
    const stock = anne.page.getByRole('status', { name: 'Stock' });
    await expect.poll(() => stock.innerText(), patiently).toBe('Only 3 left');
    await form.getByRole('spinbutton', { name: 'Left' }).fill('0');
    await form.getByRole('button', { name: 'Set' }).click();
    await expect.poll(() => stock.innerText(), patiently).toBe('Sold out');
  });
});

it('the bell counts the same in two tabs of one person, whichever of them marks as read', async () => {
  const first = await open(alice);
  const second = await first.openTab();
  opened.push(second);
  await second.isLive();
  const counts = () =>
    Promise.all(
      [first, second].map(async ({ bell }) =>
        Number(/\d+/.exec((await bell.getAttribute('aria-label')) ?? '')),
      ),
    );
  const send = (title: string) =>
    shop.request(SendNotificationDocument, { input: { userIds: [alice], type: 'SYSTEM', title, body: '' } });
  await send('one');
  await send('two');
  await send('three');
  await expect.poll(counts, patiently).toEqual([3, 3]);
  await first.bell.click();
  await first.page.getByRole('button', { name: 'Mark as read “two”' }).click();
  await expect.poll(counts, patiently).toEqual([2, 2]);
  await second.bell.click();
  const titles = second.page.locator('.notification-title');
  await expect
    .poll(() => titles.allTextContents(), patiently)
    .toEqual(['Unread: three', 'two', 'Unread: one']);
  await second.page.getByRole('button', { name: 'Mark all as read' }).click();
  await expect.poll(counts, patiently).toEqual([0, 0]);
  await expect
    .poll(() => first.page.getByRole('button', { name: /^Mark as read “/ }).count(), patiently)
    .toBe(0);
});

it('a conversation that does not exist says so, and who is new sees where to begin', async () => {
  const anne = await open(alice, { conversation: randomUUID() });
  await anne.page.getByText('There is no such conversation').waitFor();
  await anne.page.getByText('No conversations yet').waitFor();
  await anne.page.getByText('No orders yet').waitFor();
  await anne.bell.click();
  await anne.page.getByText('Nothing yet').waitFor();
});

it('who one is, is chosen on the first page and in the bar', async () => {
  const nobody = await visit(browser, { url: server.url, user: null });
  opened.push(nobody);
  await nobody.page.getByRole('link', { name: /Bob Okafor/ }).click();
  await nobody.isLive();
  await nobody.page.getByRole('button', { name: /^You are Bob/ }).click();
  await nobody.page.getByRole('link', { name: 'Switch to Carol Lindqvist' }).click();
  await nobody.page.waitForURL('**/?as=carol*');
  await nobody.isLive();
  await nobody.page.getByRole('button', { name: /^You are Carol/ }).waitFor();
});

/** The page calls whoever it does not know by their id. */
const toName = (id: string): string => id.charAt(0).toUpperCase() + id.slice(1);
