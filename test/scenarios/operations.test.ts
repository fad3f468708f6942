// Figures for the people who run it: of a workspace for its staff, of the whole server for operators, over all nodes.
import { expect, it } from 'vitest';
import {
  AnnouncementDocument,
  PublishAnnouncementDocument,
  ServerStatsChangedDocument,
  ServerStatsDocument,
  WorkspaceStatsDocument,
  type ServerStatsFragment,
} from '../../src/client/generated.ts';
import type { Person } from '../support/client.ts';
import { openEvents } from '../support/event-source.ts';
import { failureOf } from '../support/failure.ts';
import { onBothSetups } from '../support/setups.ts';

/** Nodes tell their figures every second. */
const soon = { timeout: 15_000 };

const ofWorkspace = async (person: Person) => (await person.request(WorkspaceStatsDocument)).workspaceStats;
const ofServer = async (person: Person) => (await person.request(ServerStatsDocument)).serverStats;

onBothSetups('figures', (stage) => {
  it('staff see who is connected to their workspace, on all nodes, and what is subscribed to', async () => {
    const workspace = stage.newWorkspace();
    await using dan = await stage.writer('dan', { workspace, roles: ['staff'] });
    expect(await ofWorkspace(dan)).toEqual({ connections: 0, onlineUsers: 0, subscriptions: 0 });
    const [near, far] = [
      await stage.writer('alice', { workspace }),
      await stage.listener('alice', { workspace }),
    ];
    await using bob = await stage.listener('bob', { workspace });
    await using elsewhere = await stage.listener('carol', { workspace: stage.newWorkspace() });
    await Promise.all([near, far, bob, elsewhere].map((person) => person.connected()));
    const announcements = bob.subscribe(AnnouncementDocument);
    const query = 'subscription { announcement { id } }';
    await using events = await openEvents(stage.servers.near, bob.token, { query });
    const figures = () => ofWorkspace(dan);
    await expect.poll(figures, soon).toEqual({ connections: 4, onlineUsers: 2, subscriptions: 2 });

    await bob.request('mutation { setPresence(input: { status: OFFLINE }) { status } }');
    events.leave();
    await announcements[Symbol.asyncDispose]();
    await near[Symbol.asyncDispose]();
    await expect.poll(figures, soon).toEqual({ connections: 2, onlineUsers: 1, subscriptions: 0 });
  });

  it('operators see all nodes and workspaces: what is published, delivered, and how quickly', async () => {
    const workspace = stage.newWorkspace();
    await using olga = await stage.writer('olga', { workspace, roles: ['operator'] });
    const nodes = stage.servers.near === stage.servers.far ? 1 : 2;
    await expect.poll(() => ofServer(olga), soon).toMatchObject({ nodes });
    const before = await ofServer(olga);
    const office = await stage.writer('office', { workspace, scope: 'announcements:publish' });
    await using alice = await stage.listener('alice', { workspace });
    await using announcements = alice.subscribe(AnnouncementDocument);
    await alice.connected();
    // Others come and go on these servers; that she is there makes one at least.
    const open = async () => {
      const { connections, onlineUsers, subscriptions } = await ofServer(olga);
      return Math.min(connections, onlineUsers, subscriptions);
    };
    await expect.poll(open, soon).toBeGreaterThanOrEqual(1);
    for (let index = 0; index < 5; index += 1) {
      await office.request(PublishAnnouncementDocument, { input: { message: `${index}` } });
      await announcements.next();
    }
    const gained = async () => {
      const { eventsPublished, eventsDelivered } = await ofServer(olga);
      return Math.min(eventsPublished - before.eventsPublished, eventsDelivered - before.eventsDelivered);
    };
    await expect.poll(gained, soon).toBeGreaterThanOrEqual(5);
    const { deliveryP50Ms, deliveryP99Ms } = await ofServer(olga);
    expect(deliveryP50Ms).toBeGreaterThan(0);
    expect(deliveryP99Ms).toBeGreaterThanOrEqual(deliveryP50Ms ?? 0);
  });

  it('they are followed too: one set at once, then one after another', async () => {
    await using olga = await stage.listener('olga', { workspace: stage.newWorkspace(), roles: ['operator'] });
    await using stats = olga.subscribe(ServerStatsChangedDocument);
    const seen: ServerStatsFragment[] = [];
    // Its own subscription is part of what the nodes tell next.
    while ((seen.at(-1)?.subscriptions ?? 0) === 0) seen.push((await stats.next()).serverStats);
    expect(seen.at(-1)?.connections).toBeGreaterThanOrEqual(1);
    expect(seen.at(-1)?.nodes).toBeGreaterThanOrEqual(1);
  });

  it('nobody else sees them', async () => {
    const workspace = stage.newWorkspace();
    await using alice = await stage.listener('alice', { workspace });
    await using dan = await stage.listener('dan', { workspace, roles: ['staff'] });
    await using olga = await stage.listener('olga', { workspace, roles: ['operator'] });
    const refused = await Promise.all([
      failureOf(ofWorkspace(alice)),
      failureOf(ofWorkspace(olga)),
      failureOf(ofServer(alice)),
      failureOf(ofServer(dan)),
      failureOf(dan.subscribe(ServerStatsChangedDocument).next()),
    ]);
    expect(refused.map(({ code }) => code)).toEqual(refused.map(() => 'FORBIDDEN'));
  });
});
