// `npm run bench:storm -- --subscriptions 80000 --sockets 400`: a node whose clients all come back at once, as after a deploy:
// every one with subscriptions of its own, each with a cursor one event behind. Counts what each is answered, and how long
// whoever publishes meanwhile waits. Loopback only; clients and server share the machine.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { toCursorText } from '../src/streams/cursor.ts';
import { signToken } from '../src/testing/sign-token.ts';
import { createDatabase, runSql, startPostgres } from '../test/support/postgres.ts';
import { startServer } from '../test/support/server.ts';

const { values } = parseArgs({
  options: {
    subscriptions: { type: 'string', default: '20000' },
    sockets: { type: 'string', default: '200' },
  },
});
const [subscriptions, sockets] = [Number(values.subscriptions), Number(values.sockets)];
const perSocket = Math.ceil(subscriptions / sockets);
const workspace = 'storm';
const secret = randomBytes(32).toString('base64');

await using postgres = await startPostgres();
const databaseUrl = await createDatabase(postgres.url);
await using server = await startServer({
  command: 'start',
  env: {
    DATABASE_URL: databaseUrl,
    JWT_SECRET: secret,
    JWT_ISSUER: 'storm',
    JWT_AUDIENCE: 'storm',
    LOG_LEVEL: 'error',
    MAX_OPERATIONS_PER_CONNECTION: '100000',
  },
});
const tokenOf = (id: string, scope = '') =>
  signToken({ secret, issuer: 'storm', audience: 'storm' }, id, { workspace, scope });

process.stdout.write(`${subscriptions} orders of ${sockets} customers …\n`);
const ids = `generate_series(0, ${subscriptions - 1}) i`;
await runSql(
  databaseUrl,
  `insert into orders (workspace, id, customer_id, status, payment_status, timeline, number, event_id, created_at, updated_at)
   select '${workspace}', i, 'customer-' || (i % ${sockets}), 'PENDING', 'UNPAID', '[]', 2, i || '-2', now(), now() from ${ids}`,
);
await runSql(
  databaseUrl,
  `insert into stream_heads (topic, number, event_id, previous_event_id, changed_at)
   select '${workspace}/order/' || i, 2, i || '-2', i || '-1', now() from ${ids}`,
);
await runSql(
  databaseUrl,
  `insert into stream_entries (topic, number, event_id, previous_event_id, kind, payload, bytes, occurred_at)
   select '${workspace}/order/' || i, n, i || '-' || n, case n when 1 then '' else i || '-1' end, 'event',
     json_build_object('order', json_build_object('id', i, 'status', 'PENDING'), 'note', 'event ' || n), 100, now()
   from ${ids}, generate_series(1, 2) n`,
);
await runSql(databaseUrl, 'vacuum analyze orders, stream_heads, stream_entries');
const [identity] = await runSql<{ id: string }>(databaseUrl, 'select id from log_identity');
const logId = identity?.id ?? '';

const answers = new Map<string, number>();
const count = (answer: string): void => void answers.set(answer, (answers.get(answer) ?? 0) + 1);
let answered = 0;
let done = (): void => undefined;
const all = new Promise<void>((resolve) => (done = resolve));

const opened = await Promise.all(
  Array.from({ length: sockets }, async (_, customer) => {
    const token = await tokenOf(`customer-${customer}`);
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const send = (message: object) => socket.send(JSON.stringify(message));
    await new Promise<void>((resolve, reject) => {
      socket.on('open', () => send({ type: 'connection_init', payload: { token } }));
      socket.on('error', reject);
      socket.on('close', (code) => count(`closed with ${code}`));
      socket.on('message', (bytes: Buffer) => {
        const message = JSON.parse(bytes.toString()) as { type: string; payload?: unknown };
        if (message.type === 'connection_ack') return resolve();
        if (message.type === 'ping') return send({ type: 'pong' });
        if (message.type === 'complete') return;
        const [error] =
          (Array.isArray(message.payload)
            ? (message.payload as { message: string }[])
            : (message.payload as { errors?: { message: string }[] })?.errors) ?? [];
        count(error?.message ?? 'the event it had missed');
        answered += 1;
        if (answered === subscriptions) done();
      });
    });
    return { socket, send, customer };
  }),
);

const shop = await tokenOf('shop', 'orders:publish');
const waits: number[] = [];
const failures = new Map<string, number>();
let storming = true;
const publishing = (async () => {
  for (let index = 0; storming; index += 1) {
    const before = performance.now();
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${shop}` },
      body: JSON.stringify({
        query: `mutation { publishOrderUpdate(input: { orderId: "new-${index}", customerId: "x", status: PENDING }) { deduplicated } }`,
      }),
    });
    const { errors } = (await response.json()) as { errors?: { message: string }[] };
    waits.push(performance.now() - before);
    const message = errors?.[0]?.message;
    if (message !== undefined) failures.set(message, (failures.get(message) ?? 0) + 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
})();

const query = 'subscription ($id: ID, $after: Cursor) { orderUpdated(orderId: $id, after: $after) { note } }';
const begun = performance.now();
for (let index = 0; index < perSocket; index += 1) {
  for (const { send, customer } of opened) {
    const order = index * sockets + customer;
    if (order >= subscriptions) continue;
    const topic = `${workspace}/order/${order}`;
    const after = toCursorText({ topic, number: 1, eventId: `${order}-1` }, logId);
    send({
      id: String(order),
      type: 'subscribe',
      payload: { query, variables: { id: String(order), after } },
    });
  }
}
await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 180_000).unref())]);
const seconds = (performance.now() - begun) / 1_000;
storming = false;
await publishing;
waits.sort((one, other) => one - other);
process.stdout.write(`${answered} of ${subscriptions} answered within ${seconds.toFixed(1)} s:\n`);
for (const [answer, times] of answers) process.stdout.write(`  ${times} × ${answer}\n`);
const at = (share: number) => (waits[Math.floor((waits.length - 1) * share)] ?? 0).toFixed(0);
process.stdout.write(`${waits.length} publishes meanwhile: median ${at(0.5)} ms, longest ${at(1)} ms\n`);
for (const [message, times] of failures) process.stdout.write(`  ${times} × ${message}\n`);
for (const { socket } of opened) socket.terminate();
process.exitCode = answers.get('the event it had missed') === subscriptions ? 0 : 1;
