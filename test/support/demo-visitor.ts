// Somebody who has the demo app open in a browser of their own, and what their page complains about.
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

export interface Visitor extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors and warnings of the console, uncaught errors, and requests to other hosts. */
  readonly complaints: readonly string[];
  /** What the page shows of its connection: "Live", "Reconnecting" … */
  readonly connection: Locator;
  readonly composer: Locator;
  readonly bell: Locator;
  readonly messages: Locator;
  /** The texts of the messages that are shown, the pending ones among them, oldest first. */
  bodies(): Promise<string[]>;
  /** Writes it as people do, and sends it. */
  say(text: string): Promise<void>;
  /** Resolves when the page is connected and has read everything. */
  isLive(within?: { readonly timeout: number }): Promise<void>;
  /** Another tab of the same person. */
  openTab(): Promise<Visitor>;
}

export interface Visit {
  readonly url: string;
  /** null: the page that asks who one is. */
  readonly user: string | null;
  readonly conversation?: string;
  readonly order?: string;
  readonly expiresIn?: number;
  readonly width?: number;
  readonly theme?: 'light' | 'dark';
}

export const patiently = { timeout: 15_000 };

export async function visit(browser: Browser, where: Visit): Promise<Visitor> {
  const { width = 1_280, theme = 'light' } = where;
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(patiently.timeout);
  return openTab(context, where);
}

async function openTab(context: BrowserContext, where: Visit): Promise<Visitor> {
  const page = await context.newPage();
  const complaints = listen(page, new URL(where.url).host);
  await page.goto(addressOf(where));
  const connection = page.getByRole('status', { name: 'Connection' });
  const composer = page.getByRole('textbox', { name: 'Message', exact: true });
  const messages = page.getByRole('log', { name: 'Messages' });
  return {
    page,
    context,
    complaints,
    connection,
    composer,
    messages,
    bell: page.getByRole('button', { name: /^Notifications, \d+ unread$/ }),
    bodies: () => messages.locator('.message-body').allInnerTexts(),
    async say(text) {
      await composer.pressSequentially(text);
      await composer.press('Enter');
    },
    async isLive(within = patiently) {
      await expect.poll(() => connection.innerText(), within).toBe('Live');
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
    },
    openTab: () => openTab(context, where),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

function listen(page: Page, host: string): readonly string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  const look = (url: string) => {
    if (!/^(data|blob):/.test(url) && new URL(url).host !== host)
      complaints.push(`asks another host: ${url}`);
  };
  page.on('request', (request) => look(request.url()));
  page.on('websocket', (webSocket) => look(webSocket.url()));
  return complaints;
}

function addressOf({ url, user, conversation, order, expiresIn }: Visit): string {
  if (user === null) return `${url}/`;
  const query = new URLSearchParams({
    as: user,
    ...(expiresIn !== undefined && { expiresIn: `${expiresIn}` }),
  });
  const hash = new URLSearchParams({ ...(conversation && { conversation }), ...(order && { order }) });
  return `${url}/?${query.toString()}#${hash.toString()}`;
}
