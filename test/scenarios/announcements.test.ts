// Announcements: everyone in the workspace is told; visitors without a token of the public ones, where the server is told
// so, and of nothing else.
import { readFileSync } from 'node:fs';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  AnnouncementDocument,
  AnnouncementsDocument,
  PublishAnnouncementDocument,
  type PublishAnnouncementInput,
} from '../../src/client/generated.ts';
import { connect, post, type Person } from '../support/client.ts';
import { everyRootField } from '../support/every-field.ts';
import { failureOf } from '../support/failure.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { onBothSetups } from '../support/setups.ts';

const announceAs = (backend: Person) => async (input: PublishAnnouncementInput) =>
  (await backend.request(PublishAnnouncementDocument, { input })).publishAnnouncement;

onBothSetups('announcements', (stage) => {
  const office = async () => {
    const workspace = stage.newWorkspace();
    const backend = await stage.writer('office', { workspace, scope: 'announcements:publish' });
    return { workspace, announce: announceAs(backend) };
  };

  it('what was announced is read newest first, and followed from its cursor on', async () => {
    const { workspace, announce } = await office();
    await announce({ message: 'Welcome' });
    await announce({ message: 'Maintenance tonight', level: 'WARNING', public: true });
    await using alice = await stage.listener('alice', { workspace });
    const { announcements } = await alice.request(AnnouncementsDocument);
    expect(announcements.nodes).toMatchObject([
      { message: 'Maintenance tonight', level: 'WARNING' },
      { message: 'Welcome', level: 'INFO' },
    ]);
    await announce({ message: 'In between' });
    await using following = alice.subscribe(AnnouncementDocument, { after: announcements.cursor });
    expect((await following.next()).announcement.message).toBe('In between');
    const { announcement } = await announce({ message: 'Down', level: 'CRITICAL' });
    expect((await following.next()).announcement).toEqual(announcement);
  });

  it('publishing asks for its scope; another workspace hears nothing', async () => {
    const { workspace, announce } = await office();
    await using mallory = await stage.writer('mallory', { workspace, scope: 'inventory:publish' });
    expect((await failureOf(announceAs(mallory)({ message: 'Free beer' }))).code).toBe('FORBIDDEN');
    await announce({ message: 'Only here' });
    await using outsider = await stage.listener('alice', { workspace: stage.newWorkspace() });
    expect((await outsider.request(AnnouncementsDocument)).announcements.nodes).toEqual([]);
  });

  it('a retried publish with its key announces once; with other content it is a conflict', async () => {
    const { workspace, announce } = await office();
    const input = { message: 'Once', idempotencyKey: 'k-1' };
    const [first, second] = [await announce(input), await announce(input)];
    expect([first.deduplicated, second.deduplicated]).toEqual([false, true]);
    expect(second.announcement).toEqual(first.announcement);
    expect((await failureOf(announce({ ...input, public: true }))).code).toBe('CONFLICT');
    await using alice = await stage.listener('alice', { workspace });
    expect((await alice.request(AnnouncementsDocument)).announcements.nodes).toHaveLength(1);
  });
});

describe('visitors, where ANONYMOUS_WORKSPACE names a workspace', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ env: { ANONYMOUS_WORKSPACE: 'shop' } });
  }, 120_000);
  afterAll(() => server.stop());

  const visitor = (connectionParams?: Record<string, unknown>) =>
    createClient({
      url: `${server.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      ...(connectionParams === undefined ? {} : { connectionParams }),
    });
  const announceIn = async (workspace: string) =>
    announceAs(await connect(server, 'office', { workspace, scope: 'announcements:publish' }));
  const read = async () => {
    const query = '{ announcements { nodes { message } cursor } }';
    const { body } = await post(server.url, { query });
    return (body.data as { announcements: { nodes: { message: string }[]; cursor: string } }).announcements;
  };

  it('read and follow its public announcements, and hear nothing of the others', async () => {
    const announce = await announceIn('shop');
    await announce({ message: 'For staff' });
    await announce({ message: 'Open on Sunday', public: true });
    await (
      await announceIn('another')
    )({ message: 'Elsewhere', public: true });
    const { nodes, cursor } = await read();
    const messages = nodes.map(({ message }) => message);
    expect(messages[0]).toBe('Open on Sunday');
    expect(messages).not.toContain('For staff');
    expect(messages).not.toContain('Elsewhere');

    const query = 'subscription ($after: Cursor) { announcement(after: $after) { message } }';
    for (const params of [undefined, {}, { token: null }, { token: '' }]) {
      const client = visitor(params);
      const following = client.iterate({ query, variables: { after: cursor } });
      const next = following.next();
      const message = `Hello ${JSON.stringify(params)}`;
      await announce({ message: `Not: ${message}` });
      await announce({ message, public: true });
      // The first that followed the cursor.
      expect((await next).value).toMatchObject({ data: { announcement: { message: 'Hello undefined' } } });
      await following.return?.();
      await client.dispose();
    }
  });

  it('follow over SSE too', async () => {
    const announce = await announceIn('shop');
    const { cursor } = await read();
    const ending = new AbortController();
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({
        query: `subscription { announcement(after: "${cursor}") { message } }`,
      }),
      signal: ending.signal,
    });
    await announce({ message: 'Streamed', public: true });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString('utf8');
      if (text.includes('Streamed')) break;
    }
    ending.abort();
  });

  it('whoever has a token sees their own workspace, and all of it', async () => {
    await (
      await announceIn('elsewhere')
    )({ message: 'Only for us' });
    await using alice = await connect(server, 'alice', { workspace: 'elsewhere' });
    const { announcements } = await alice.request(AnnouncementsDocument);
    expect(announcements.nodes).toMatchObject([{ message: 'Only for us' }]);
    // A bad token is no visitor: what it should have shown would be missing without a word.
    const bad = await post(
      server.url,
      { query: '{ announcements { cursor } }' },
      { authorization: 'Bearer nonsense' },
    );
    expect(bad.body.errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  const sdl = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
  const others = everyRootField(sdl).filter(({ name }) => !/^announcements?$/.test(name));
  it('see nothing else', async () => {
    const client = visitor();
    for (const { name, operation } of others) {
      const { value } = await client.iterate({ query: operation }).next();
      const { errors } = (value ?? {}) as { errors?: readonly { extensions?: object }[] };
      expect(errors?.[0]?.extensions, name).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    await client.dispose();
    expect(others.length).toBeGreaterThan(30);
  });

  it('are nobody to others: no visitor is online', async () => {
    const client = visitor();
    await client.iterate({ query: '{ announcements { cursor } }' }).next();
    await using alice = await connect(server, 'alice', { workspace: 'shop' });
    await alice.connected();
    const online = async () =>
      (await alice.request<{ onlineUsers: object }>('{ onlineUsers { totalCount nodes { userId } } }'))
        .onlineUsers;
    await expect.poll(online).toEqual({ totalCount: 1, nodes: [{ userId: 'alice' }] });
    await client.dispose();
  });
});
