// The demo app for everybody: by keyboard alone, with a screen reader, in both themes, wide and narrow.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { patiently, visit, type Visit, type Visitor } from '../support/demo-visitor.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let browser: Browser;
let axe: string;
const opened: Visitor[] = [];

beforeAll(async () => {
  const file = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  [server, browser, axe] = await Promise.all([startServer(), openBrowser(), readFile(file, 'utf8')]);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await server.stop();
});
afterEach(async () => {
  const complaints = opened.flatMap((visitor) => visitor.complaints);
  await Promise.all(opened.splice(0).map((visitor) => visitor[Symbol.asyncDispose]()));
  expect(complaints).toEqual([]);
});

async function open(user: string | null, where: Partial<Visit> = {}): Promise<Visitor> {
  const visitor = await visit(browser, { url: server.url, user, ...where });
  opened.push(visitor);
  if (user !== null) await visitor.isLive();
  return visitor;
}

/** What axe calls serious or worse, each with the first element concerned. */
async function findBarriers(page: Page): Promise<string[]> {
  // As a script of the tests, not of the page: its Content-Security-Policy stays in force.
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help} at ${nodes[0]?.html}`);
}

describe.each([
  { theme: 'light', width: 1_280 },
  { theme: 'dark', width: 1_280 },
  { theme: 'light', width: 700 },
  { theme: 'dark', width: 700 },
  { theme: 'light', width: 390 },
  { theme: 'dark', width: 390 },
] as const)('$theme, $width pixels wide, has no barrier', (where) => {
  const go = async ({ page }: Visitor, section: string) => {
    if (where.width < 600) await page.getByRole('button', { name: section, exact: true }).click();
  };

  it('on the first page', async () => {
    const { page } = await open(null, where);
    expect(await findBarriers(page)).toEqual([]);
  });

  it('in any section, with the panels open, and offline', async () => {
    const anne = await open('alice', where);
    const { page } = anne;
    const look = async (state: string) =>
      expect((await findBarriers(page)).map((barrier) => `${state}: ${barrier}`)).toEqual([]);
    await look('conversations');
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await look('a new conversation');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /Order 1001/ }).click();
    await anne.say(`Hello ${randomUUID()}`);
    await anne.messages.locator('[data-pending]').waitFor({ state: 'detached' });
    await look('messages');
    await go(anne, 'Order');
    await look('the order');
    await anne.bell.click();
    await page.getByRole('dialog').locator('.notification').first().waitFor();
    await look('notifications');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Backend' }).click();
    for (const level of ['Information', 'Warning', 'Critical']) {
      const form = page.getByRole('form', { name: 'Announce' });
      await form.getByRole('combobox', { name: 'Level' }).selectOption(level);
      await form.getByRole('button', { name: 'Announce' }).click();
    }
    await page.getByRole('region', { name: 'Announcements' }).getByText('Critical').waitFor();
    await page.getByRole('button', { name: /^\d+ more$/ }).click();
    await look('backend and announcements');
    await page.getByRole('switch', { name: 'Go offline' }).click();
    await expect.poll(() => anne.connection.innerText(), patiently).toBe('Offline');
    await go(anne, 'Messages');
    await anne.say('Later');
    await anne.messages.getByText('Waiting for the connection').waitFor();
    await look('offline');
    await page.getByRole('switch', { name: 'Go offline' }).click();
    await anne.messages.getByText('Waiting for the connection').waitFor({ state: 'detached' });
  });

  it('for somebody who has nothing yet, and nothing is wider than the page', async () => {
    const anne = await open(`new-${randomUUID()}`, where);
    expect(await findBarriers(anne.page)).toEqual([]);
    const widths = await anne.page.evaluate<number[]>('[document.body.scrollWidth, innerWidth]');
    expect(widths[0]).toBeLessThanOrEqual(widths[1]!);
  });
});

describe('by keyboard alone', () => {
  const focused = (page: Page) =>
    page.evaluate<string>(
      '(({ ariaLabel, textContent }) => ariaLabel ?? textContent.trim())(document.activeElement === document.body ? { ariaLabel: "the page" } : document.activeElement)',
    );
  /** Presses Tab until it is there, as somebody without a mouse would. */
  async function tabTo(page: Page, name: string | RegExp, key = 'Tab'): Promise<void> {
    const passed: string[] = [];
    for (let presses = 0; presses < 60; presses += 1) {
      const now = await focused(page);
      if (typeof name === 'string' ? now === name : name.test(now)) return;
      passed.push(now);
      await page.keyboard.press(key);
    }
    throw new Error(`${String(name)} is not reached by ${key}, only: ${passed.join(' | ')}`);
  }

  it('a conversation is chosen, written in, edited and deleted in', async () => {
    const anne = await open('alice');
    const { page } = anne;
    const text = `typed ${randomUUID()}`;
    await tabTo(page, /Order 1001/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Order 1001', exact: true }).waitFor();
    await tabTo(page, 'Message');
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await anne.bodies()).at(-1), patiently).toBe(text);
    await anne.messages.locator('[data-pending]').waitFor({ state: 'detached' });

    await tabTo(page, 'Edit', 'Shift+Tab');
    const edit = anne.messages.getByRole('button', { name: 'Edit' }).last();
    // Seen where it has the focus.
    await expect
      .poll(() => edit.evaluate((element) => getComputedStyle(element.parentElement!).opacity), patiently)
      .toBe('1');
    await page.keyboard.press('Enter');
    await page.keyboard.type(', and more');
    await page.keyboard.press('Escape');
    await expect.poll(async () => (await anne.bodies()).at(-1), patiently).toBe(text);
    expect(await focused(page)).toBe('Edit');
    await page.keyboard.press('Enter');
    await page.keyboard.type(', and more');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await anne.bodies()).at(-1), patiently).toBe(`${text}, and more`);

    await tabTo(page, 'Delete');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Yes, delete');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await anne.bodies()).at(-1), patiently).toBe('This message was deleted');
    // Who has deleted goes on where they were.
    await tabTo(page, 'Message');
  });

  it('panels open, are left with Escape, and give the focus back', async () => {
    const { page } = await open('bob');
    for (const name of [/^Notifications, /, 'Backend', 'New']) {
      await tabTo(page, name);
      await page.keyboard.press('Enter');
      await expect
        .poll(
          () => page.evaluate<string | null>('document.activeElement.getAttribute("aria-expanded")'),
          patiently,
        )
        .not.toBe('false');
      await page.keyboard.press('Escape');
      await expect.poll(() => focused(page), patiently).toMatch(name);
      expect(await page.evaluate('document.activeElement.getAttribute("aria-expanded")')).toBe('false');
    }
  });

  it('notifications are marked without leaving their panel', async () => {
    const anne = await open('alice');
    const { page } = anne;
    await tabTo(page, /^Notifications, /);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Mark as read “/);
    await page.keyboard.press('Enter');
    await expect.poll(() => anne.bell.getAttribute('aria-label'), patiently).toBe('Notifications, 1 unread');
    await tabTo(page, 'Mark all as read');
    await page.keyboard.press('Enter');
    await expect.poll(() => anne.bell.getAttribute('aria-label'), patiently).toBe('Notifications, 0 unread');
    await page.keyboard.press('Escape');
    await expect.poll(() => focused(page), patiently).toBe('Notifications, 0 unread');
  });

  it('the offline switch, the theme and the first link', async () => {
    const anne = await open('carol', { theme: 'dark' });
    const { page } = anne;
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the message field');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('Message');
    await tabTo(page, 'Go offline', 'Shift+Tab');
    await page.keyboard.press('Space');
    await expect.poll(() => anne.connection.innerText(), patiently).toBe('Offline');
    await page.keyboard.press('Space');
    await anne.isLive();
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const dark = await background();
    await tabTo(page, 'Switch to the light theme');
    await page.keyboard.press('Enter');
    await expect.poll(background, patiently).not.toBe(dark);
    await page.reload();
    await anne.isLive();
    expect(await background()).not.toBe(dark);
  });
});

it('the narrow page shows one section at a time, and moves to the messages when a conversation is chosen', async () => {
  const anne = await open('alice', { width: 390 });
  const { page } = anne;
  const conversations = page.getByRole('list', { name: 'Conversations' });
  await page.getByRole('button', { name: /Order 1001/ }).click();
  await anne.composer.waitFor();
  expect(await conversations.isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Order', exact: true }).click();
  await page.getByRole('list', { name: 'Timeline' }).waitFor();
  expect(await anne.composer.isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Chats', exact: true }).click();
  await conversations.waitFor();
});

it('announcements, however long, leave the page below them of use', async () => {
  const anne = await open('alice', { width: 390 });
  const { page } = anne;
  await page.getByRole('button', { name: 'Backend' }).click();
  const form = page.getByRole('form', { name: 'Announce' });
  const text = `${randomUUID()} ${'we close at eight. '.repeat(90)}`.trim();
  for (const number of [1, 2, 3]) {
    await form.getByRole('textbox', { name: 'Text' }).fill(`${number} ${text}`);
    await form.getByRole('button', { name: 'Announce' }).click();
  }
  const bars = page.getByRole('region', { name: 'Announcements' });
  await bars.getByText(`3 ${text}`).waitFor();
  await page.keyboard.press('Escape');
  const height = async () => (await bars.boundingBox())!.height;
  const most = 0.3 * page.viewportSize()!.height;
  await bars.getByRole('button', { name: 'Read all of it' }).click();
  await bars.getByRole('button', { name: /^\d+ more$/ }).click();
  await bars.getByText(`1 ${text}`).waitFor();
  expect(await height()).toBeLessThanOrEqual(most);
  await bars.getByRole('button', { name: 'less', exact: true }).click();
  await bars.getByText(`1 ${text}`).waitFor({ state: 'detached' });
  await bars.getByRole('button', { name: /^\d+ more$/ }).click();
  await bars.getByRole('button', { name: 'Dismiss all' }).click();
  await expect.poll(() => bars.innerText(), patiently).toBe('');
});

describe('who one is', () => {
  it('is changed by a link, never by an arrow key, and others are opened in a window beside', async () => {
    const anne = await open('alice');
    const { page } = anne;
    const who = page.getByRole('button', { name: /^You are Alice/ });
    await who.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const beside = page.getByRole('link', { name: 'Open Carol Lindqvist in a new window' });
    await beside.waitFor();
    expect(await findBarriers(page)).toEqual([]);
    expect(page.url()).toContain('as=alice');
    const [carol] = await Promise.all([page.context().waitForEvent('page'), beside.click()]);
    await carol.getByRole('button', { name: /^You are Carol/ }).waitFor();
    expect(page.url()).toContain('as=alice');
    await page.getByRole('link', { name: 'Switch to Bob Okafor' }).click();
    await page.waitForURL('**/?as=bob*');
    await page.getByRole('button', { name: /^You are Bob/ }).waitFor();
  });

  it('is in the title of the window, with what is unread', async () => {
    const { page } = await open('dan');
    await expect.poll(() => page.title(), patiently).toMatch(/^(\(\d+\) )?Dan – Tidings demo$/);
  });

  it('of a long name makes the page no wider', async () => {
    const { page } = await open(`n${'o'.repeat(200)}`, { width: 390 });
    const widths = await page.evaluate<number[]>('[document.body.scrollWidth, innerWidth]');
    expect(widths[0]).toBeLessThanOrEqual(widths[1]!);
  });
});

it('what the bell has opened is closed by a press beside it, and by Escape wherever the focus is', async () => {
  const anne = await open('bob');
  const { page } = anne;
  const notifications = page.getByRole('dialog', { name: 'Notifications' });
  await anne.bell.click();
  await page.getByRole('heading', { name: 'Conversations' }).click();
  await notifications.waitFor({ state: 'detached' });
  await anne.bell.click();
  await page.evaluate('document.activeElement.blur()');
  await page.keyboard.press('Escape');
  await notifications.waitFor({ state: 'detached' });
});

it('a browser that forbids storing shows the page, and the theme is chosen all the same', async () => {
  const anne = await open('carol', { theme: 'dark' });
  const { page } = anne;
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get: () => {
        throw new DOMException('Forbidden.', 'SecurityError');
      },
    });
  });
  await page.reload();
  await anne.isLive();
  await page.getByRole('button', { name: 'Switch to the light theme' }).click();
  await page.getByRole('button', { name: 'Switch to the dark theme' }).waitFor();
});

it('where the page itself fails, a sentence stands there instead of nothing', async () => {
  await using visitor = await visit(browser, { url: server.url, user: null });
  const { page } = visitor;
  await page.addInitScript('matchMedia = undefined');
  await page.goto(`${server.url}/?as=alice`);
  await page.getByRole('heading', { name: 'This page could not be shown' }).waitFor();
  await page.getByRole('button', { name: 'Reload the page' }).waitFor();
});
