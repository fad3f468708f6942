// The demo app as two people have it open, each in a window of their own: what one does, the other sees.
import { randomUUID } from 'node:crypto';
import type { Browser, Locator } from 'playwright-core';
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

const isFocused = (control: Locator) => control.evaluate((element) => element === document.activeElement);

/** Whether somebody sees it: inside the window, scrolled to, and with nothing above it. */
const isInSight = (part: Locator) =>
  part.evaluate((element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth && element.contains(there);
  });

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

  it('are told once, and by voice only what the other writes', async () => {
    const told = ({ page }: Visitor) => page.getByRole('status', { name: 'New messages' }).innerText();
    await anne.say('Hello');
    await expect.poll(() => told(ben), patiently).toBe(`${toName(alice)}: Hello`);
    await expect.poll(() => anne.messages.innerText(), patiently).toContain(`Seen by ${toName(bob)}`);
    expect(await told(anne)).toBe('');
    for (const { messages } of [anne, ben]) expect(await messages.getAttribute('aria-live')).toBe('off');
  });

  it('write from the right, too', async () => {
    const direction = (part: Locator) => part.evaluate((element) => getComputedStyle(element).direction);
    await anne.composer.fill('שלום, Ben!');
    expect(await direction(anne.composer)).toBe('rtl');
    await anne.composer.press('Enter');
    const body = ben.messages.getByText('שלום, Ben!');
    await body.waitFor();
    expect(await direction(body)).toBe('rtl');
    await ben.say('Hi');
    await expect.poll(() => direction(ben.messages.getByText('Hi', { exact: true })), patiently).toBe('ltr');
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
  await expect.poll(() => isFocused(anne.composer), patiently).toBe(true);
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

it('what comes while one reads further up is counted, and marked as read when it is in sight', async () => {
  const conversation = await converse('Long');
  for (let number = 1; number <= 25; number += 1) await sayAs(alice, conversation, `message ${number}`);
  const [anne, ben] = await Promise.all([open(alice, { conversation }), open(bob, { conversation })]);
  const seen = anne.messages.getByText(`Seen by ${toName(bob)}`);
  await seen.waitFor();
  const marks: string[] = [];
  ben.page.on('request', (request) => {
    if (request.postData()?.includes('markConversationRead')) marks.push(request.url());
  });

  await ben.messages.hover();
  await ben.page.mouse.wheel(0, -10_000);
  await expect.poll(() => isInSight(ben.messages.getByText('message 25')), patiently).toBe(false);
  await anne.say('one more');
  await ben.page.getByRole('button', { name: '1 new' }).waitFor();
  await anne.say('and another');
  await ben.page.getByRole('button', { name: '2 new' }).click();
  await expect.poll(() => isInSight(ben.messages.getByText('and another')), patiently).toBe(true);
  await expect.poll(() => marks.length, patiently).toBe(1);
  await anne.messages.locator('.message', { hasText: 'and another' }).getByText('Seen by').waitFor();
  expect(await isFocused(ben.messages)).toBe(true);

  // Who sends wants to see it.
  await ben.messages.hover();
  await ben.page.mouse.wheel(0, -10_000);
  await expect.poll(() => isInSight(ben.messages.getByText('and another')), patiently).toBe(false);
  await ben.say('I was reading');
  await expect.poll(() => isInSight(ben.messages.getByText('I was reading')), patiently).toBe(true);
});

describe('what one has written', () => {
  let conversation: string;
  let anne: Visitor;
  beforeEach(async () => {
    conversation = await converse('Lunch');
    await converse('Dinner');
    anne = await open(alice, { conversation });
  });
  const openRow = (title: string) => anne.page.getByRole('button', { name: title }).click();
  const editor = () => anne.page.getByRole('textbox', { name: 'Edit message' });
  async function ownMessage(text: string): Promise<Locator> {
    await sayAs(alice, conversation, text);
    const own = anne.messages.locator('.message', { hasText: text });
    await own.hover();
    return own;
  }

  it('and not sent is there after a reload, in its own conversation', async () => {
    await anne.composer.fill('half a thought');
    await openRow('Dinner');
    await anne.page.getByRole('heading', { name: 'Dinner' }).waitFor();
    await expect.poll(() => anne.composer.inputValue(), patiently).toBe('');
    await anne.page.reload();
    await openRow('Lunch');
    await expect.poll(() => anne.composer.inputValue(), patiently).toBe('half a thought');
    await anne.composer.press('Enter');
    await expect.poll(() => anne.bodies(), patiently).toEqual(['half a thought']);
    await anne.page.reload();
    await expect.poll(() => anne.bodies(), patiently).toEqual(['half a thought']);
    expect(await anne.composer.inputValue()).toBe('');
  });

  it('and not arrived is asked about before the page is left', async () => {
    await anne.page.getByRole('switch', { name: 'Go offline' }).click();
    await anne.say('in a tunnel');
    await openRow('Dinner');
    // What was not loaded before says so, and what it is called.
    await anne.page.getByText('You are offline', { exact: true }).waitFor();
    await anne.page.getByRole('heading', { name: 'Dinner' }).waitFor();
    const asked = anne.page.waitForEvent('dialog');
    const leaving = anne.page.evaluate('location.reload()').catch(() => {});
    const question = await asked;
    expect(question.type()).toBe('beforeunload');
    await question.dismiss();
    await leaving;
    await anne.page.getByRole('switch', { name: 'Go offline' }).click();
    await openRow('Lunch');
    await expect.poll(() => anne.bodies(), patiently).toEqual(['in a tunnel']);
    await anne.messages.locator('[data-pending]').waitFor({ state: 'detached' });
    await anne.page.reload();
    await expect.poll(() => anne.bodies(), patiently).toEqual(['in a tunnel']);
  });

  it('and is changing is there when one comes back to it', async () => {
    const own = await ownMessage('Soop');
    await own.getByRole('button', { name: 'Edit' }).click();
    await editor().fill('Soup, and');
    await openRow('Dinner');
    await anne.page.getByRole('heading', { name: 'Dinner' }).waitFor();
    await openRow('Lunch');
    await expect.poll(() => editor().inputValue(), patiently).toBe('Soup, and');
  });

  it('is sent with the button, and one goes on writing', async () => {
    await anne.composer.fill('Hello');
    await anne.page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => anne.bodies(), patiently).toEqual(['Hello']);
    expect(await isFocused(anne.composer)).toBe(true);
  });

  it('and saves goes on being saved while one writes something else', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await anne.page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('editMessage(')) await released;
      await route.continue();
    });
    const own = await ownMessage('Soop');
    await own.getByRole('button', { name: 'Edit' }).click();
    await editor().fill('Soup');
    await anne.page.getByRole('button', { name: 'Save' }).click();
    await anne.composer.focus();
    release();
    await editor().waitFor({ state: 'detached' });
    expect(await isFocused(anne.composer)).toBe(true);
  });

  it('is not deleted by a key that is held down, and the focus is never lost', async () => {
    const { page } = anne;
    const own = await ownMessage('Precious');
    await own.getByRole('button', { name: 'Delete' }).focus();
    for (let presses = 0; presses < 3; presses += 1) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    expect(await isFocused(own.getByRole('button', { name: 'Keep' }))).toBe(true);
    await page.keyboard.press('Escape');
    expect(await isFocused(own.getByRole('button', { name: 'Delete' }))).toBe(true);
    expect(await anne.bodies()).toEqual(['Precious']);

    // Deleted in another tab, under the editor.
    await own.getByRole('button', { name: 'Edit' }).click();
    const second = await anne.openTab();
    opened.push(second);
    const same = second.messages.locator('.message', { hasText: 'Precious' });
    await same.hover();
    await same.getByRole('button', { name: 'Delete' }).click();
    await same.getByRole('button', { name: 'Yes, delete' }).click();
    await editor().waitFor({ state: 'detached' });
    expect(await isFocused(anne.messages.locator('.message'))).toBe(true);
  });

  it('is one stop for Tab, however much it is, and the arrows go through it', async () => {
    for (let number = 1; number <= 5; number += 1) await sayAs(alice, conversation, `message ${number}`);
    await expect.poll(async () => (await anne.bodies()).length, patiently).toBe(5);
    expect(await anne.messages.locator('button:not([tabindex="-1"])').count()).toBe(2);
    const message = (number: number) => anne.messages.locator('.message', { hasText: `message ${number}` });
    await anne.messages.focus();
    for (const number of [5, 4, 3]) {
      await anne.page.keyboard.press('ArrowUp');
      expect(await isFocused(message(number))).toBe(true);
    }
    await anne.page.keyboard.press('Tab');
    expect(await isFocused(message(3).getByRole('button', { name: 'Edit' }))).toBe(true);
  });
});

describe('a window', () => {
  const status = ({ page }: Visitor) => page.getByRole('status', { name: 'Order status' });
  const edit = ({ messages }: Visitor) => messages.getByRole('button', { name: 'Edit' });
  let conversation: string;
  let order: string;
  beforeEach(async () => {
    conversation = await converse('Lunch');
    order = randomUUID();
    await sayAs(
      alice,
      conversation,
      'As long as a message has to be to run over several lines of any window.',
    );
    await shop.request(PublishOrderUpdateDocument, {
      input: { orderId: order, customerId: alice, status: 'PENDING' },
    });
  });

  it.each([640, 700, 800, 960])(
    'of %i pixels shows the messages and what the backend does to the order at once',
    async (width) => {
      const anne = await open(alice, { conversation, width });
      await anne.messages.locator('.message').hover();
      await expect.poll(() => isInSight(edit(anne)), patiently).toBe(true);
      await edit(anne).click();
      await anne.messages.getByRole('textbox', { name: 'Edit message' }).waitFor();
      const hidden = () =>
        anne.messages.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
      // The browser may lay the editor out twice before it is painted.
      await expect.poll(hidden, patiently).toBe(0);
      await anne.page.keyboard.press('Escape');
      await anne.page.getByRole('button', { name: 'Backend' }).click();
      const form = anne.page.getByRole('form', { name: 'Publish an order update' });
      await form.getByRole('button', { name: 'Publish' }).click();
      await expect.poll(() => status(anne).innerText(), patiently).toContain('Confirmed');
      for (const part of [anne.composer, status(anne)]) expect(await isInSight(part)).toBe(true);
    },
  );

  it.each([
    [320, 568],
    [640, 400],
  ])('of %i by %i pixels hides nothing for good', async (width, height) => {
    const anne = await open(alice, { conversation, width });
    const { page } = anne;
    await page.setViewportSize({ width, height });
    const backend = page.getByRole('button', { name: 'Backend', exact: true });
    await backend.click();
    const close = page.getByRole('button', { name: 'Close the backend' });
    await expect.poll(() => isInSight(close), patiently).toBe(true);
    await page.getByRole('button', { name: 'Set', exact: true }).scrollIntoViewIfNeeded();
    await expect
      .poll(() => isInSight(page.getByRole('button', { name: 'Set', exact: true })), patiently)
      .toBe(true);
    await close.click();
    await anne.composer.click();
    await anne.composer.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    await expect.poll(() => isInSight(anne.composer), patiently).toBe(true);
    expect((await anne.messages.boundingBox())!.height).toBeGreaterThan(60);
  });

  it('that is narrow begins where its address says, stays there after a reload, and goes back', async () => {
    const anne = await open(alice, { conversation, width: 390 });
    const { page } = anne;
    await expect.poll(() => isInSight(anne.composer), patiently).toBe(true);
    await page.getByRole('button', { name: 'Order', exact: true }).click();
    await expect.poll(() => isInSight(status(anne)), patiently).toBe(true);
    await page.reload();
    await expect.poll(() => isInSight(status(anne)), patiently).toBe(true);
    await page.goBack();
    await expect.poll(() => isInSight(anne.composer), patiently).toBe(true);

    await page.getByRole('button', { name: 'Chats', exact: true }).click();
    await page.getByRole('button', { name: /Lunch/ }).click();
    await expect.poll(() => isFocused(page.getByRole('heading', { name: 'Lunch' })), patiently).toBe(true);
    await page.getByRole('button', { name: 'Chats', exact: true }).click();
    await page.getByRole('link', { name: 'Skip to the message field' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => isFocused(anne.composer), patiently).toBe(true);
  });
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
  await anne.page.keyboard.press('Escape');
  await converse('Lunch');
  await anne.page.getByRole('button', { name: 'Go to “Lunch”' }).click();
  await anne.page.getByRole('heading', { name: 'Lunch' }).waitFor();
  await anne.composer.waitFor();
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
