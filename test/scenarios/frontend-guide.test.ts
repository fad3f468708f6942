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
import { openProject, runIn, type Project } from '../support/project.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let project: Project;
/** The page's project, as Vite makes it, with what the guide says to put there. */
let page: string;
beforeAll(async () => {
  server = await startServer();
  project = openProject();
  page = join(project.folder, 'my-page');
  const guide = readFileSync(join(project.folder, 'package/docs/frontend.md'), 'utf8');
  const [, creating = ''] = /^npm create vite@latest (.+)$/m.exec(guide) ?? [];
  project.run(
    process.execPath,
    'node_modules/create-vite/index.js',
    ...creating.replace('-- ', '').split(' '),
  );
  // Whatever begins with its own file's name.
  const files = [...guide.matchAll(/^```\w+\n(?:\/\/|#) (\S+\.\w+)\n(.*?)^```$/gms)];
  expect(files.map(([, name]) => name)).toEqual([
    'src/main.tsx',
    'src/order-page.tsx',
    'vite.config.ts',
    'src/delivery.graphql',
    'codegen.ts',
    'src/follow.ts',
  ]);
  for (const [, name = '', text = ''] of files) {
    writeFileSync(join(page, name), text.replaceAll('http://localhost:4000', server.url));
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

it('its types are complete, in the way of Vite, with documents of one’s own', { timeout: 90_000 }, () => {
  const schema = join(project.folder, 'node_modules/tidings/schema.graphql');
  const codegen = join(page, 'codegen.ts');
  writeFileSync(
    codegen,
    readFileSync(codegen, 'utf8').replace('node_modules/tidings/schema.graphql', schema),
  );
  runIn(
    page,
    process.execPath,
    join(project.folder, 'node_modules/@graphql-codegen/cli/esm/bin.js'),
    '--config',
    codegen,
  );
  // It must be complained of: the compiler has run, and the types are not `any`.
  writeFileSync(
    join(page, 'src/wrong.tsx'),
    `import { useOrder } from 'tidings/react';
import { useDeliveryQuery, useDeliveryChangedSubscription } from './hooks.ts';

export const useWrong = () => useOrder('1').order?.stauts;
export const useRight = () => [useDeliveryQuery({ variables: { id: '1' } }), useDeliveryChangedSubscription] as const;
export const useWrongToo = () => useRight()[0][0].data?.order?.stauts;
`,
  );
  expect(project.complaints('my-page/tsconfig.app.json')).toEqual([
    expect.stringMatching(/^my-page\/src\/wrong\.tsx\(4,\d+\): error TS2551/),
    expect.stringMatching(/^my-page\/src\/wrong\.tsx\(6,\d+\): error TS2551/),
  ]);
});

it('its page shows an order as it stands, and as it changes', { timeout: 90_000 }, async () => {
  const vite = await createServer({
    root: page,
    configFile: join(page, 'vite.config.ts'),
    server: { host: '127.0.0.1', port: 0, hmr: false },
    logLevel: 'error',
  });
  await using browser = await openBrowser();
  try {
    await vite.listen();
    const tab = await browser.newPage();
    const troubles: string[] = [];
    tab.on('pageerror', (error) => troubles.push(error.message));
    tab.on('console', (message) => {
      if (message.type() === 'error') troubles.push(message.text());
    });
    const [address = ''] = vite.resolvedUrls?.local ?? [];
    await tab.goto(address);
    await tab.getByText('Order 1001: CONFIRMED').waitFor();
    await tab.getByText('connected', { exact: true }).waitFor();
    await publish('1001', 'On its way');
    await tab.getByText('Order 1001: SHIPPED').waitFor();
    await tab.getByText('On its way').waitFor();
    expect(troubles).toEqual([]);
  } finally {
    await vite.close();
  }
});

it('its lines for resuming by hand lose nothing', { timeout: 60_000 }, async () => {
  const { follow } = (await import(pathToFileURL(join(page, 'src/follow.ts')).href)) as {
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
