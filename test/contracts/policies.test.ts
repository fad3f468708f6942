// Every policy: who may, and who may not. What needs a scope is refused without it, whatever else the token has, and done
// with it alone; what is somebody's own does not exist for others.
import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { expect, it } from 'vitest';
import type { Viewer } from '../../src/auth/viewer.ts';
import type { Runtime } from '../../src/schema/context.ts';
import { ask, askInVain, errorWith, follow, onBothDatabases } from '../support/in-process.ts';
import { everyScope } from '../support/every-scope.ts';
import { furnish } from '../support/right-values.ts';
import { testViewer } from '../support/runtime.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

/** What the token needs for it; null: nothing but what the arguments name being the viewer's. */
const needs: Readonly<Record<string, string | null>> = {
  addParticipants: null,
  createConversation: null,
  deleteMessage: null,
  editMessage: null,
  eraseUser: 'users:erase',
  grantRoomAccess: 'rooms:manage',
  markAllNotificationsRead: null,
  markConversationRead: null,
  markNotificationRead: null,
  markNotificationsRead: null,
  publishAnnouncement: 'announcements:publish',
  publishBookingUpdate: 'bookings:publish',
  publishInventoryAlert: 'inventory:publish',
  publishOrderUpdate: 'orders:publish',
  publishRoomEvent: 'rooms:publish',
  removeParticipants: null,
  renewSession: null,
  revokeRoomAccess: 'rooms:manage',
  revokeSessions: 'sessions:revoke',
  sendMessage: null,
  sendNotification: 'notifications:send',
  setPresence: null,
  setTyping: null,
  upsertUsers: 'users:write',
};

const callOf = (name: string) => {
  const args = mutations.find((mutation) => mutation.name === name)?.args ?? [];
  const declared = args.map((argument) => `$${argument.name}: ${String(argument.type)}`).join(', ');
  const passed = args.map((argument) => `${argument.name}: $${argument.name}`).join(', ');
  return `mutation (${declared}) { ${name}(${passed}) { __typename } }`;
};

it('every mutation is among them', () => {
  expect(Object.keys(needs).sort()).toEqual(mutations.map(({ name }) => name).sort());
});

onBothDatabases('policies', (database) => {
  const scoped = Object.entries(needs).filter((entry): entry is [string, string] => entry[1] !== null);
  it.each(scoped)('%s needs the scope %s, and nothing else', async (name, scope) => {
    const { runtime, workspace, right } = await furnish(database.runtime);
    const service = (scopes: readonly string[], roles: readonly string[] = []) =>
      testViewer('service', { workspace, scopes, roles });
    const others = everyScope.filter((one) => one !== scope);
    const refused = await askInVain(
      runtime,
      service(others, ['staff', 'operator']),
      callOf(name),
      right[name],
    );
    // A room that one may not enter does not exist, where one needs no scope to publish in one's own.
    const isRoomEvent = name === 'publishRoomEvent';
    expect(refused).toEqual(isRoomEvent ? errorWith('NOT_FOUND') : errorWith('FORBIDDEN', new RegExp(scope)));
    await ask(runtime, service([scope]), callOf(name), right[name]);
  });

  it.each(['createConversation', 'sendMessage'])(
    '%s for somebody else needs the scope chat:write',
    async (name) => {
      const { runtime, workspace, right } = await furnish(database.runtime);
      const input = { ...(right[name]?.['input'] as object), asUserId: 'alice' };
      const service = (scopes: readonly string[]) => testViewer('service', { workspace, scopes });
      const others = everyScope.filter((scope) => scope !== 'chat:write');
      expect(await askInVain(runtime, service(others), callOf(name), { input })).toEqual(
        errorWith('FORBIDDEN', /chat:write/),
      );
      await ask(runtime, service(['chat:write']), callOf(name), { input });
    },
  );

  it.each([
    'addParticipants',
    'removeParticipants',
    'sendMessage',
    'setTyping',
    'markConversationRead',
    'editMessage',
    'deleteMessage',
  ])('%s is for participants: to others there is no such conversation', async (name) => {
    const { runtime, workspace, right } = await furnish(database.runtime);
    const stranger = testViewer('stranger', { workspace, roles: ['staff', 'operator'], scopes: everyScope });
    expect(await askInVain(runtime, stranger, callOf(name), right[name])).toEqual(errorWith('NOT_FOUND'));
  });

  it('a message is edited by its sender alone, and deleted by them or by staff who take part', async () => {
    const { runtime, workspace, right } = await furnish(database.runtime);
    const bob = (roles: readonly string[] = []) => testViewer('bob', { workspace, roles });
    const staff = bob(['staff']);
    const forbidden = errorWith('FORBIDDEN', /[Oo]nly its sender/);
    expect(await askInVain(runtime, staff, callOf('editMessage'), right['editMessage'])).toEqual(forbidden);
    expect(await askInVain(runtime, bob(), callOf('deleteMessage'), right['deleteMessage'])).toEqual(
      forbidden,
    );
    await ask(runtime, staff, callOf('deleteMessage'), right['deleteMessage']);
  });

  /** Something of Carol's, for whoever asks. */
  const carols = async () => {
    const { runtime, workspace, alice, right } = await furnish(database.runtime);
    for (const name of ['publishOrderUpdate', 'publishBookingUpdate']) {
      const input = { ...(right[name]?.['input'] as object), customerId: 'carol', idempotencyKey: null };
      await ask(runtime, alice, callOf(name), { input });
    }
    const who = (id: string, roles: readonly string[] = []) => testViewer(id, { workspace, roles });
    return { runtime, who };
  };
  const opened = async (runtime: Runtime, viewer: Viewer, source: string) => {
    const stream = await follow(runtime, viewer, source);
    await stream.end();
  };

  it.each([
    ['order', 'orders', 'orderUpdated', 'o'],
    ['booking', 'bookings', 'bookingUpdated', 'b'],
  ])('one’s own %s one sees and follows, and staff see everybody’s', async (one, list, followed, id) => {
    const { runtime, who } = await carols();
    const read = `{ ${one}(id: "${id}") { id } }`;
    const readList = `{ ${list}(customerId: "carol") { nodes { id } } }`;
    const subscription = `subscription { ${followed}(${one}Id: "${id}") { cursor } }`;
    for (const viewer of [who('carol'), who('alice', ['staff'])]) {
      expect(await ask(runtime, viewer, read)).toEqual({ [one]: { id } });
      expect(await ask(runtime, viewer, readList)).toEqual({ [list]: { nodes: [{ id }] } });
      await opened(runtime, viewer, subscription);
    }
    const stranger = who('stranger', ['operator']);
    expect(await ask(runtime, stranger, read)).toEqual({ [one]: null });
    expect(await askInVain(runtime, stranger, readList)).toEqual(errorWith('FORBIDDEN', /"staff"/));
    await expect(opened(runtime, stranger, subscription)).rejects.toEqual(errorWith('NOT_FOUND'));
    // Without naming one it is one's own, of which there is nothing.
    expect(await ask(runtime, stranger, `{ ${list} { nodes { id } } }`)).toEqual({ [list]: { nodes: [] } });
    await opened(runtime, stranger, `subscription { ${followed} { cursor } }`);
  });

  it('figures are for staff, those of the whole server for operators', async () => {
    const { runtime, who } = await carols();
    const [workspace, server] = ['{ workspaceStats { connections } }', '{ serverStats { connections } }'];
    await ask(runtime, who('alice', ['staff']), workspace);
    await ask(runtime, who('olga', ['operator']), server);
    await opened(runtime, who('olga', ['operator']), `subscription ${server}`);
    expect(await askInVain(runtime, who('bob', ['operator']), workspace)).toEqual(
      errorWith('FORBIDDEN', /"staff"/),
    );
    const forbidden = errorWith('FORBIDDEN', /"operator"/);
    expect(await askInVain(runtime, who('alice', ['staff']), server)).toEqual(forbidden);
    await expect(opened(runtime, who('alice', ['staff']), `subscription ${server}`)).rejects.toEqual(
      forbidden,
    );
  });

  it.each([
    'presenceChanged { status }',
    'inventoryAlert { cursor }',
    'announcement { cursor }',
    'notification { cursor }',
    'conversationUpdated { cursor }',
  ])('%s is for everybody who has a token', async (selection) => {
    const { runtime, who } = await carols();
    await opened(runtime, who('anybody'), `subscription { ${selection} }`);
    await expect(follow(runtime, null, `subscription { ${selection} }`)).rejects.toEqual(
      errorWith('UNAUTHENTICATED'),
    );
  });
});
