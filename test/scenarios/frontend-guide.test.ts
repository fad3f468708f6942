// docs/frontend.md, followed to the letter in a project that has the packed package: its page shows a live order, its types are
// complete, and its lines for resuming by hand resume.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient, type Client } from 'graphql-ws';
import { createServer } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PublishOrderUpdateDocument } from '../../src/client/generated.ts';
import { openBrowser } from '../support/browser.ts';
import { connect } from '../support/client.ts';
import { tokenOf } from '../support/kit-client.ts';
import { openNetwork } from '../support/network.ts';
import { openProject, type Project } from '../support/project.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let project: Project;
beforeAll(async () => {
  server = await startServer();
  project = openProject();
  const guide = readFileSync(join(project.folder, 'package/docs/frontend.md'), 'utf8');
  // Whatever begins with its own file's name.
  const files = [...guide.matchAll(/^```\w+\n(?:\/\/|<!--) (\S+\.\w+)(?: -->)?\n(.*?)^```$/gms)];
  expect(files.map(([, name]) => name)).toEqual([
    'index.html',
    'main.tsx',
    'order-page.tsx',
    'vite.config.ts',
    'follow.ts',
  ]);
  for (const [, name = '', text = ''] of files) {
    writeFileSync(join(project.folder, name), text.replaceAll('http://localhost:4000', server.url));
  }
}, 120_000);
afterAll(async () => {
  project.close();
  await server.stop();
});

const publish = async (orderId: string, note: string) => {
  await using shop = await connect(server, 'shop', { scope: 'orders:publish' });
  await shop.request(PublishOrderUpdateDocument, { input: { orderId, status: 'SHIPPED', note } });
};

it('its types are complete, in the way of Vite', { timeout: 60_000 }, () => {
  writeFileSync(
    join(project.folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2022', 'DOM', 'DOM.Iterable'],
        module: 'ESNext',
        moduleResolution: 'bundler',
        jsx: 'react-jsx',
        strict: true,
        types: [],
        noEmit: true,
        allowImportingTsExtensions: true,
        skipLibCheck: true,
      },
      include: ['main.tsx', 'order-page.tsx', 'follow.ts', 'wrong.tsx'],
    }),
  );
  // It must be complained of: the compiler has run, and the types are not `any`.
  writeFileSync(
    join(project.folder, 'wrong.tsx'),
    "import { useOrder } from 'tidings/react';\nexport const useWrong = () => useOrder('1').order?.stauts;\n",
  );
  expect(project.complaints()).toEqual([expect.stringMatching(/^wrong\.tsx\(2,\d+\): error TS2551/)]);
});

it('its page shows an order as it stands, and as it changes', { timeout: 90_000 }, async () => {
  const vite = await createServer({
    root: project.folder,
    configFile: join(project.folder, 'vite.config.ts'),
    server: { host: '127.0.0.1', port: 0, hmr: false },
    logLevel: 'error',
  });
  await using browser = await openBrowser();
  try {
    await vite.listen();
    const page = await browser.newPage();
    const troubles: string[] = [];
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('console', (message) => {
      // A page without an icon is asked for one by the browser.
      const isOfIcon = message.location().url.endsWith('/favicon.ico');
      if (message.type() === 'error' && !isOfIcon) troubles.push(message.text());
    });
    const [address = ''] = vite.resolvedUrls?.local ?? [];
    await page.goto(address);
    await page.getByText('Order 1001: CONFIRMED').waitFor();
    await page.getByText('connected', { exact: true }).waitFor();
    await publish('1001', 'On its way');
    await page.getByText('Order 1001: SHIPPED').waitFor();
    await page.getByText('On its way').waitFor();
    expect(troubles).toEqual([]);
  } finally {
    await vite.close();
  }
});

it('its lines for resuming by hand lose nothing', { timeout: 60_000 }, async () => {
  const { follow } = (await import(pathToFileURL(join(project.folder, 'follow.ts')).href)) as {
    follow(
      client: Client,
      query: string,
      cursor: string,
      told: (event: { note: string }) => void,
    ): () => void;
  };
  await using alice = await connect(server, 'alice');
  const { order } = await alice.request<{ order: { cursor: string } }>('{ order(id: "1002") { cursor } }');
  await using network = await openNetwork(server.url);
  const client = createClient({
    url: `${network.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ token: await tokenOf('alice')() }),
    retryAttempts: 100,
    retryWait: () => new Promise((resume) => void setImmediate(resume)),
    shouldRetry: () => true,
  });
  const notes: string[] = [];
  const query =
    'subscription ($cursor: Cursor) { orderUpdated(orderId: "1002", after: $cursor) { cursor note } }';
  const stop = follow(client, query, order.cursor, ({ note }) => notes.push(note));
  await publish('1002', 'a');
  await expect.poll(() => notes).toEqual(['a']);
  network.goDown();
  await publish('1002', 'b');
  network.comeBack();
  await publish('1002', 'c');
  await expect.poll(() => notes, { timeout: 10_000 }).toEqual(['a', 'b', 'c']);
  stop();
  await client.dispose();
});
