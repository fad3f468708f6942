// Any web app: who is here, a word to one, to a room, to everyone, and who is typing.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  AnnouncementDocument,
  AnnouncementsDocument,
  NotificationDocument,
  NotificationsDocument,
  OnlineUsersDocument,
  PresenceChangedDocument,
  PresenceDocument,
  PublishAnnouncementDocument,
  PublishRoomEventDocument,
  RoomEventDocument,
  RoomEventsDocument,
  RoomPresenceChangedDocument,
  SendNotificationDocument,
  SetPresenceDocument,
} from '../../src/client/generated.ts';
import { onBothSetups } from '../support/setups.ts';

onBothSetups('any web app', (stage) => {
  it('who is online, away or busy; is this user online; who is online', async () => {
    const workspace = stage.newWorkspace();
    await using ann = await stage.listener('ann', { workspace, name: 'Ann' });
    await using ben = await stage.writer('ben', { workspace, name: 'Ben' });
    await ann.connected();
    await using presence = ann.subscribe(PresenceChangedDocument, { userIds: ['ben'] });
    const next = async () => (await presence.next()).presenceChanged.status;
    expect(await next()).toBe('OFFLINE');
    await ben.connected();
    expect(await next()).toBe('ONLINE');
    for (const status of ['AWAY', 'BUSY']) {
      await ben.request(SetPresenceDocument, { input: { status } });
      expect(await next()).toBe(status);
    }
    expect((await ann.request(PresenceDocument, { userIds: ['ben', 'nobody'] })).presence).toMatchObject([
      { status: 'BUSY', user: { name: 'Ben' } },
      { status: 'OFFLINE' },
    ]);
    const { onlineUsers } = await ann.request(OnlineUsersDocument);
    expect(onlineUsers).toMatchObject({ totalCount: 2, nodes: [{ userId: 'ann' }, { userId: 'ben' }] });
    await ben[Symbol.asyncDispose]();
    expect(await next()).toBe('OFFLINE');
  });

  it('a notification to one user comes to all of their devices, and to nobody else', async () => {
    const workspace = stage.newWorkspace();
    const backend = await stage.writer('backend', { workspace, scope: 'notifications:send' });
    const devices = [await stage.listener('ann', { workspace }), await stage.writer('ann', { workspace })];
    await using ben = await stage.listener('ben', { workspace });
    const feeds = await Promise.all(
      devices.map(async (device) => {
        const { notifications } = await device.request(NotificationsDocument);
        return device.subscribe(NotificationDocument, { after: notifications.cursor });
      }),
    );
    await backend.request(SendNotificationDocument, {
      input: { userIds: ['ann'], type: 'MENTION', title: 'Ben named you', body: '', url: '/posts/1' },
    });
    for (const feed of feeds) {
      expect((await feed.next()).notification).toMatchObject({
        kind: 'RECEIVED',
        unreadCount: 1,
        notifications: [{ title: 'Ben named you', url: '/posts/1' }],
      });
    }
    expect((await ben.request(NotificationsDocument)).notifications.nodes).toEqual([]);
  });

  it('a room: who joined and left, and an event to all who are in it; a word to everyone', async () => {
    const workspace = stage.newWorkspace();
    const room = `public:${randomUUID()}`;
    await using ann = await stage.listener('ann', { workspace });
    await using ben = await stage.writer('ben', { workspace });
    const office = await stage.writer('office', { workspace, scope: 'announcements:publish' });
    await using members = ann.subscribe(RoomPresenceChangedDocument, { room });
    expect((await members.next()).roomPresence.members).toMatchObject([{ id: 'ann' }]);
    const stay = ben.subscribe(RoomPresenceChangedDocument, { room });
    await stay.next();
    expect((await members.next()).roomPresence).toMatchObject({ count: 2, joined: [{ id: 'ben' }] });

    const { roomEvents } = await ann.request(RoomEventsDocument, { room });
    await using events = ann.subscribe(RoomEventDocument, { room, after: roomEvents.cursor });
    await ben.request(PublishRoomEventDocument, { input: { room, name: 'wave', data: { hand: 'left' } } });
    expect((await events.next()).roomEvent).toMatchObject({
      name: 'wave',
      data: { hand: 'left' },
      sender: { id: 'ben' },
    });
    await stay[Symbol.asyncDispose]();
    expect((await members.next()).roomPresence).toMatchObject({ count: 1, left: [{ id: 'ben' }] });

    const { announcements } = await ann.request(AnnouncementsDocument);
    await using heard = ann.subscribe(AnnouncementDocument, { after: announcements.cursor });
    await office.request(PublishAnnouncementDocument, {
      input: { message: 'Back at nine', level: 'WARNING' },
    });
    expect((await heard.next()).announcement).toMatchObject({ message: 'Back at nine', level: 'WARNING' });
  });
});
