// The social media team: live figures in a domain of its own, a shared inbox, and who works on what.
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import {
  NotificationDocument,
  NotificationsDocument,
  PresenceChangedDocument,
  SendNotificationDocument,
  SetPresenceDocument,
} from '../../src/client/generated.ts';
import { asChatter } from '../support/chatter.ts';
import { failureOf } from '../support/failure.ts';
import { onBothSetups } from '../support/setups.ts';

const main = fileURLToPath(new URL('social/main.ts', import.meta.url));
const publish =
  'mutation ($kind: MetricKind!, $account: ID!, $value: Float!, $key: String) { publishMetric(kind: $kind, account: $account, value: $value, idempotencyKey: $key) { deduplicated } }';
const follow =
  'subscription ($account: ID, $after: Cursor) { metricChanged(account: $account, after: $after) { kind account value } }';
interface Changed {
  readonly metricChanged: { readonly kind: string; readonly account: string; readonly value: number };
}

onBothSetups(
  'a social media team',
  (stage) => {
    it('the dashboard shows every figure as it comes, of all accounts or of one, and misses none while it is closed', async () => {
      const workspace = stage.newWorkspace();
      const importer = await stage.writer('importer', { workspace, scope: 'metrics:publish' });
      const tell = (kind: string, account: string, value: number, key: string | null = null) =>
        importer.request(publish, { kind, account, value, key });
      await using maya = await stage.listener('maya', { workspace });
      const cursorOf = async (args = '') =>
        (await maya.request<{ metrics: { cursor: string } }>(`{ metrics${args} { cursor } }`)).metrics.cursor;
      const [all, ofInsta] = [await cursorOf(), await cursorOf('(account: "insta")')];
      await tell('FOLLOWERS', 'insta', 10_001);
      await tell('POST_FAILED', 'x', 1);
      await using everything = maya.subscribe<Changed>(follow, { after: all });
      await using insta = maya.subscribe<Changed>(follow, { account: 'insta', after: ofInsta });
      expect((await everything.next()).metricChanged).toEqual({
        kind: 'FOLLOWERS',
        account: 'insta',
        value: 10_001,
      });
      expect((await everything.next()).metricChanged).toMatchObject({ kind: 'POST_FAILED', account: 'x' });
      await tell('ENGAGEMENT', 'insta', 0.37, 'k-1');
      expect(await tell('ENGAGEMENT', 'insta', 0.37, 'k-1')).toEqual({
        publishMetric: { deduplicated: true },
      });
      expect((await insta.next()).metricChanged.kind).toBe('FOLLOWERS');
      expect((await insta.next()).metricChanged).toEqual({
        kind: 'ENGAGEMENT',
        account: 'insta',
        value: 0.37,
      });
      expect((await failureOf(maya.request(publish, { kind: 'REACH', account: 'x', value: 1 }))).code).toBe(
        'FORBIDDEN',
      );

      await using outsider = await stage.listener('maya', { workspace: stage.newWorkspace() });
      expect(await outsider.request('{ metrics(account: "insta") { nodes { value } } }')).toEqual({
        metrics: { nodes: [] },
      });
    });

    it('the team inbox: a message is typed, sent and read, and its list stays right', async () => {
      const workspace = stage.newWorkspace();
      await using maya = asChatter(await stage.writer('maya', { workspace }));
      await using noah = asChatter(await stage.listener('noah', { workspace }));
      const { id } = await maya.create({ title: 'Inbox', participantIds: ['noah'] });
      await using typing = noah.followTyping(id);
      await maya.type(id, true);
      expect(await typing.next()).toMatchObject({ isTyping: true, user: { id: 'maya' } });
      await maya.send(id, 'A customer complains');
      // That she types may be told twice: as the first state, and as the change.
      while ((await typing.next()).isTyping);
      const { conversations } = await noah.request<{ conversations: { nodes: { unreadCount: number }[] } }>(
        '{ conversations { nodes { unreadCount } } }',
      );
      expect(conversations.nodes).toEqual([{ unreadCount: 1 }]);
    });

    it('an escalation reaches whoever asked for its type, with its priority', async () => {
      const workspace = stage.newWorkspace();
      const backend = await stage.writer('backend', { workspace, scope: 'notifications:send' });
      await using noah = await stage.listener('noah', { workspace });
      const { notifications } = await noah.request(NotificationsDocument);
      await using alerts = noah.subscribe(NotificationDocument, {
        types: ['ALERT', 'MENTION'],
        after: notifications.cursor,
      });
      const send = (type: string, priority: string) =>
        backend.request(SendNotificationDocument, {
          input: { userIds: ['noah'], type, priority, title: `${type} ${priority}`, body: '' },
        });
      await send('REVIEW', 'LOW');
      await send('ALERT', 'CRITICAL');
      const { notification } = await alerts.next();
      expect(notification).toMatchObject({
        unreadCount: 2,
        notifications: [{ type: 'ALERT', priority: 'CRITICAL' }],
      });
    });

    it('who is viewing, editing or commenting what, of the whole workspace', async () => {
      const workspace = stage.newWorkspace();
      await using maya = await stage.writer('maya', { workspace });
      await using noah = await stage.listener('noah', { workspace });
      await Promise.all([maya.connected(), noah.connected()]);
      await using presence = noah.subscribe(PresenceChangedDocument);
      const until = async (user: string, kind: string | null) => {
        for (;;) {
          const { presenceChanged: seen } = await presence.next();
          if (seen.userId === user && (seen.activity?.kind ?? null) === kind) return seen;
        }
      };
      const does = (kind: string) =>
        maya.request(SetPresenceDocument, {
          input: { status: 'ONLINE', activity: { kind, resource: 'post/7' } },
        });
      await does('VIEWING');
      await until('maya', 'VIEWING');
      await does('EDITING');
      expect(await until('maya', 'EDITING')).toMatchObject({
        status: 'ONLINE',
        activity: { resource: 'post/7' },
      });
      await maya[Symbol.asyncDispose]();
      expect(await until('maya', null)).toMatchObject({ status: 'OFFLINE' });
    });
  },
  { main: ['--import', 'tsx', main] },
);
