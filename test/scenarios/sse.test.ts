// Subscriptions as server-sent events: what `curl -N` with `Accept: text/event-stream` gets, on both set-ups.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { Person } from '../support/client.ts';
import { openEvents, type ServerSentEvents } from '../support/event-source.ts';
import { onBothSetups } from '../support/setups.ts';

const publish =
  'mutation ($input: PublishOrderUpdateInput!) { publishOrderUpdate(input: $input) { update { cursor } } }';
const readOrder = 'query ($id: ID!) { order(id: $id) { cursor } }';
const follow =
  'subscription ($orderId: ID, $after: Cursor) { orderUpdated(orderId: $orderId, after: $after) { cursor note order { id } } }';

interface Update {
  readonly cursor: string;
  readonly note: string | null;
}

/** The next update; fails where the stream brings something else. */
async function nextUpdate(events: ServerSentEvents): Promise<Update> {
  const message = await events.next();
  expect(message).toMatchObject({ event: 'next', data: { data: { orderUpdated: {} } } });
  return (message!.data as { data: { orderUpdated: Update } }).data.orderUpdated;
}

onBothSetups('server-sent events', (stage) => {
  const newShop = async () => {
    const workspace = stage.newWorkspace();
    const shop = await stage.writer('shop', { workspace, scope: 'orders:publish' });
    const alice = await stage.listener('alice', { workspace });
    const update = (note: string, orderId = '42') =>
      shop.request<{ publishOrderUpdate: { update: Update } }>(publish, {
        input: { orderId, customerId: 'alice', status: 'PROCESSING', note },
      });
    await update('first');
    const { order } = await alice.request<{ order: { cursor: string } }>(readOrder, { id: '42' });
    const open = (variables: object, person: Person = alice) =>
      openEvents(stage.servers.far, person.token, { query: follow, variables });
    return { workspace, alice, update, cursor: order.cursor, open };
  };

  it('a stream delivers what followed its cursor, then goes on live, and is resumed by its last cursor', async () => {
    const { update, cursor, open } = await newShop();
    await update('meanwhile');
    await using events = await open({ orderId: '42', after: cursor });
    expect(events.response.status).toBe(200);
    expect(events.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect((await nextUpdate(events)).note).toBe('meanwhile');
    await update('live');
    const last = await nextUpdate(events);
    expect(last.note).toBe('live');
    events.leave();

    for (const note of ['missed 1', 'missed 2', 'missed 3']) await update(note);
    await using resumed = await open({ orderId: '42', after: last.cursor });
    for (const note of ['missed 1', 'missed 2', 'missed 3']) {
      expect((await nextUpdate(resumed)).note).toBe(note);
    }
    await update('live again');
    expect((await nextUpdate(resumed)).note).toBe('live again');
  });

  it('streams are independent: one ends, the others go on', async () => {
    const { update, cursor, open } = await newShop();
    await update('other', '43');
    await using leaving = await open({ orderId: '42', after: cursor });
    await using same = await open({ orderId: '42', after: cursor });
    await using every = await open({});
    await update('one');
    for (const events of [leaving, same, every]) expect((await nextUpdate(events)).note).toBe('one');
    leaving.leave();
    await expect(leaving.next()).rejects.toThrow(/abort/i);
    await update('two');
    for (const events of [same, every]) expect((await nextUpdate(events)).note).toBe('two');
  });

  it('a subscription that is refused is one error and the end', async () => {
    const { open, alice, workspace } = await newShop();
    await using bob = await stage.listener('bob', { workspace });
    const { cursor } = (await alice.request<{ orders: { cursor: string } }>('{ orders { cursor } }')).orders;
    for (const [variables, person, code] of [
      [{ orderId: '42' }, bob, 'NOT_FOUND'],
      [{ orderId: 'unknown' }, alice, 'NOT_FOUND'],
      [{ orderId: '42', after: cursor }, alice, 'BAD_USER_INPUT'],
      [{ orderId: '42', after: 'nonsense' }, alice, 'BAD_USER_INPUT'],
    ] as const) {
      await using events = await open(variables, person);
      expect(await events.next()).toMatchObject({
        event: 'next',
        data: { errors: [{ extensions: { code } }] },
      });
      expect(await events.next()).toEqual({ event: 'complete', data: null });
      expect(await events.next()).toBeNull();
    }
  });

  it('an operation that is not valid is an error in the stream too', async () => {
    const { alice } = await newShop();
    await using events = await openEvents(stage.servers.far, alice.token, {
      query: 'subscription { orderUpdated { nope } }',
    });
    expect(await events.next()).toMatchObject({
      data: {
        errors: [{ message: expect.stringContaining('"nope"'), extensions: { code: 'BAD_USER_INPUT' } }],
      },
    });
  });

  it('a token that is refused is a plain 401', async () => {
    await using events = await openEvents(stage.servers.far, 'garbage', { query: follow });
    expect(events.response.status).toBe(401);
    expect(await events.response.text().catch(() => '')).not.toContain('event: next');
  });

  it('a query and a mutation are answered as a stream of one', async () => {
    const { alice } = await newShop();
    await using events = await openEvents(stage.servers.far, alice.token, { query: '{ viewer { id } }' });
    expect(await events.next()).toEqual({ event: 'next', data: { data: { viewer: { id: 'alice' } } } });
    expect(await events.next()).toEqual({ event: 'complete', data: null });
    expect(await events.next()).toBeNull();
  });

  it('many that come and hang up leave room for the next', async () => {
    const { update, cursor, open } = await newShop();
    for (let round = 0; round < 5; round += 1) {
      const many = await Promise.all(
        Array.from({ length: 20 }, () => open({ orderId: '42', after: cursor })),
      );
      for (const events of many) events.leave();
    }
    await using events = await open({ orderId: '42', after: cursor });
    await update('still there');
    expect((await nextUpdate(events)).note).toBe('still there');
  });

  it('makes nobody present', async () => {
    const { update, open, alice, cursor } = await newShop();
    await using events = await open({ orderId: '42', after: cursor });
    await update('now the stream is live');
    await nextUpdate(events);
    expect(await alice.request('{ presence(userIds: ["alice"]) { userId status deviceCount } }')).toEqual({
      presence: [{ userId: 'alice', status: 'OFFLINE', deviceCount: 0 }],
    });
  });

  it('works by GET, for EventSource', async () => {
    const { update, cursor, alice } = await newShop();
    await update('by GET');
    const address = new URL(`${stage.servers.far.url}/graphql`);
    address.searchParams.set('query', follow);
    address.searchParams.set('variables', JSON.stringify({ orderId: '42', after: cursor }));
    const leaving = new AbortController();
    const response = await fetch(address, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${alice.token}` },
      signal: leaving.signal,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('by GET')) text += (await reader?.read())?.value ?? '';
    expect(text).toContain('event: next');
    leaving.abort();
  });

  it('works with curl itself', async () => {
    const { update, cursor, alice } = await newShop();
    const body = JSON.stringify({ query: follow, variables: { orderId: '42', after: cursor } });
    const curl = spawn(
      'curl',
      [
        ...['--silent', '--no-buffer', '--header', 'Content-Type: application/json'],
        ...['--header', 'Accept: text/event-stream', '--header', `Authorization: Bearer ${alice.token}`],
        ...['--data', body, `${stage.servers.far.url}/graphql`],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      let text = '';
      const heard = new Promise<void>((resolve, reject) => {
        curl.once('error', reject);
        curl.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8');
          if (text.includes('to the terminal')) resolve();
        });
      });
      await Promise.all([update('to the terminal'), heard]);
      expect(text).toMatch(
        /event: next\ndata: \{"data":\{"orderUpdated":\{"cursor":"[^"]+","note":"to the terminal"/,
      );
    } finally {
      if (curl.exitCode === null && curl.kill()) await once(curl, 'exit');
    }
  });
});
