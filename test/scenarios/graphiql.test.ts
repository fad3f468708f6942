// GraphiQL as a developer meets it after `npm start`: in a real browser, without the internet, with tabs that run.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { connect } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** A page of its own, and everything that it asks for, sends and complains about. */
async function openGraphiql() {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 800 } });
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sent: { type: string; payload?: { token?: string; authorization?: string; query?: string } }[] = [];
  page.on('request', (request) => {
    requests.push(request.url());
    if (request.method() === 'POST') authorizations.push(request.headers()['authorization']);
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('websocket', (webSocket) => {
    requests.push(webSocket.url());
    webSocket.on('framesent', ({ payload }) =>
      sent.push(JSON.parse(String(payload)) as (typeof sent)[number]),
    );
  });
  await page.goto(`${server.url}/graphql`);
  await page.locator('.graphiql-execute-button').waitFor();
  return {
    page,
    requests,
    complaints,
    authorizations,
    sent,
    run: () => page.locator('.graphiql-execute-button').click(),
    show: (tab: string) => page.locator('.graphiql-tab-button', { hasText: tab }).click(),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** What the result pane shows; the editor writes its spaces as no-break spaces. */
const shown = async (page: Page): Promise<string> =>
  (await page.locator('.result-window .view-lines').innerText()).replaceAll(/\s+/g, ' ');

const waiting = { timeout: 15_000 };

it('an order is followed in one tab and published in the next, over a WebSocket and with the token', async () => {
  await using graphiql = await openGraphiql();
  const { page, sent, run, show } = graphiql;
  expect(await page.title()).toBe('Tidings');

  await run();
  await expect.poll(() => sent.map(({ type }) => type), waiting).toContain('subscribe');
  await show('PublishOrderUpdate');
  await run();
  await expect.poll(() => shown(page), waiting).toContain('"deduplicated": false');
  await show('FollowOrder');
  await expect.poll(() => shown(page), waiting).toContain('"status": "SHIPPED"');
  expect(await shown(page)).toContain('"note": "Left the warehouse"');

  const [init, subscribe] = sent;
  expect(init).toMatchObject({
    type: 'connection_init',
    payload: { authorization: expect.stringMatching(/^Bearer \S+\.\S+\.\S+$/) },
  });
  expect(subscribe?.payload?.query).toContain('subscription FollowOrder');
  expect(graphiql.authorizations).toContain(init?.payload?.authorization);
});

it('nothing is asked of any other server, and nothing is complained about', async () => {
  await using graphiql = await openGraphiql();
  const { page, requests, complaints, run, show } = graphiql;
  await show('MyOrders');
  await run();
  await expect.poll(() => shown(page), waiting).toContain('"id": "1001"');
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByText('A GraphQL schema provides a root type').waitFor();
  const { host } = new URL(server.url);
  expect(requests.length).toBeGreaterThan(3);
  expect(requests.filter((url) => !/^(data|blob):/.test(url) && new URL(url).host !== host)).toEqual([]);
  expect(complaints).toEqual([]);
});

it('the documentation explains the schema', async () => {
  await using graphiql = await openGraphiql();
  const { page } = graphiql;
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page
    .getByRole('link', { name: 'Mutation', exact: true })
    .or(page.getByText('Mutation', { exact: true }))
    .first()
    .click();
  await page.getByText('publishOrderUpdate', { exact: true }).first().waitFor();
});

it('the headers show the token, so that it can be exchanged for another', async () => {
  await using graphiql = await openGraphiql();
  const editor = graphiql.page
    .locator('.graphiql-editor-tool .view-lines')
    .filter({ hasText: 'Authorization' });
  await expect.poll(() => editor.innerText(), waiting).toMatch(/"Authorization":\s"Bearer\s/);
});

it('a subscription hears what another client publishes', async () => {
  await using graphiql = await openGraphiql();
  const { page, sent, run } = graphiql;
  const received: string[] = [];
  await using shop = await connect(server, 'shop', { workspace: 'demo', scope: 'orders:publish' });
  await run();
  await expect.poll(() => sent.map(({ type }) => type), waiting).toContain('subscribe');
  // Published until it is heard: the page does not show when its subscription has begun.
  await expect
    .poll(async () => {
      await shop.request(
        'mutation { publishOrderUpdate(input: { orderId: "1001", status: DELIVERED, note: "by another client" }) { deduplicated } }',
      );
      received.push(await shown(page));
      return received.at(-1);
    }, waiting)
    .toContain('"note": "by another client"');
});
