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
import {
  MetricChangedDocument,
  MetricsDocument,
  PublishMetricDocument,
} from './social/generated/documents.ts';
import type { MetricKind } from './social/generated/documents.ts';

const main = fileURLToPath(new URL('social/main.ts', import.meta.url));
onBothSetups(
  'a social media team',
  (stage) => {
    it('the dashboard shows every figure as it comes, of all accounts or of one, and misses none while it is closed', async () => {
      const workspace = stage.newWorkspace();
      const importer = await stage.writer('importer', { workspace, scope: 'metrics:publish' });
      const tell = async (kind: MetricKind, account: string, value: number, idempotencyKey?: string) =>
        (await importer.request(PublishMetricDocument, { kind, account, value, idempotencyKey }))
          .publishMetric;
      await using maya = await stage.listener('maya', { workspace });
      const read = async (account?: string) => (await maya.request(MetricsDocument, { account })).metrics;
      const [all, ofInsta] = [await read(), await read('insta')];
      await tell('FOLLOWERS', 'insta', 10_001);
      await tell('POST_FAILED', 'x', 1);
      await using everything = maya.subscribe(MetricChangedDocument, { after: all.cursor });
      await using insta = maya.subscribe(MetricChangedDocument, { account: 'insta', after: ofInsta.cursor });
      const next = async (figures: typeof insta) => (await figures.next()).metricChanged;
      const followers = { kind: 'FOLLOWERS', account: 'insta', value: 10_001 };
      const engagement = { kind: 'ENGAGEMENT', account: 'insta', value: 0.37 };
      expect(await next(everything)).toMatchObject(followers);
      expect(await next(everything)).toMatchObject({ kind: 'POST_FAILED', account: 'x', value: 1 });
      const { event, deduplicated } = await tell('ENGAGEMENT', 'insta', 0.37, 'k-1');
      expect(deduplicated).toBe(false);
      expect(await tell('ENGAGEMENT', 'insta', 0.37, 'k-1')).toEqual({ event, deduplicated: true });
      expect(await next(insta)).toMatchObject(followers);
      expect(await next(insta)).toEqual({ cursor: event.cursor, ...engagement });
      expect((await read('insta')).nodes).toEqual([engagement, followers]);
      const uninvited = maya.request(PublishMetricDocument, { kind: 'REACH', account: 'x', value: 1 });
      expect((await failureOf(uninvited)).code).toBe('FORBIDDEN');

      await using outsider = await stage.listener('maya', { workspace: stage.newWorkspace() });
      expect((await outsider.request(MetricsDocument, { account: 'insta' })).metrics.nodes).toEqual([]);
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
