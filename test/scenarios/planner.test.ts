// The family planner: domains of its own, added from outside of the package, with all that the built-in ones have.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { ResponseError, type Person } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { onBothSetups } from '../support/setups.ts';
import {
  AssignTaskDocument,
  ClaimRewardDocument,
  CompleteTaskDocument,
  CreateTaskDocument,
  DecideRewardDocument,
  DeleteTaskDocument,
  KarmaChangedDocument,
  KarmaDocument,
  PublishKarmaDocument,
  RewardChangedDocument,
  RewardsDocument,
  TaskChangedDocument,
  TasksDocument,
  type RewardStep,
} from './planner/generated/documents.ts';

const main = fileURLToPath(new URL('planner/main.ts', import.meta.url));

/** As a browser takes it. */
async function bundle(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outputFiles[0]?.text ?? '';
}

const followTasks = (person: Person, after: string) => {
  const events = person.subscribe(TaskChangedDocument, { after });
  return { next: async () => (await events.next()).taskChanged, end: () => events[Symbol.asyncDispose]() };
};
const cursorOfTasks = async (person: Person) => (await person.request(TasksDocument)).tasks.cursor;

onBothSetups(
  'a family planner',
  (stage) => {
    const family = async () => {
      const workspace = stage.newWorkspace();
      const join = (user: string, roles: string[] = []) => stage.listener(user, { workspace, roles });
      const [mum, ben, eve] = [await join('mum', ['parent']), await join('ben'), await join('eve')];
      const backend = await stage.writer('backend', { workspace, scope: 'karma:publish' });
      return { workspace, mum, ben, eve, backend };
    };

    it('a task is created, assigned, completed; only those hear of it whom it concerns, from their cursors on', async () => {
      const { workspace, mum, ben, eve } = await family();
      await using writing = await stage.writer('mum', { workspace });
      const [atBen, atEve] = [await cursorOfTasks(ben), await cursorOfTasks(eve)];
      const { createTask: created } = await writing.request(CreateTaskDocument, {
        title: 'Dishes',
        assigneeId: 'ben',
      });
      const bens = followTasks(ben, atBen);
      const first = await bens.next();
      expect(first).toMatchObject({
        kind: 'CREATED',
        task: { title: 'Dishes', state: 'OPEN', assigneeId: 'ben' },
      });
      await writing.request(AssignTaskDocument, { id: created.id, assigneeId: 'eve' });
      expect(await bens.next()).toMatchObject({ kind: 'ASSIGNED', task: { assigneeId: 'eve' } });
      const eves = followTasks(eve, atEve);
      // She was not concerned before.
      expect(await eves.next()).toMatchObject({ kind: 'ASSIGNED', task: { title: 'Dishes' } });
      await eve.request(CompleteTaskDocument, { id: created.id });
      expect(await eves.next()).toMatchObject({ kind: 'COMPLETED', task: { state: 'COMPLETED' } });
      const remove = (person: Person) => person.request(DeleteTaskDocument, { id: created.id });
      expect((await failureOf(remove(mum))).code).toBe('CONFLICT');
      expect((await failureOf(remove(ben))).code).toBe('NOT_FOUND');

      // Resumed by the last cursor: nothing else was Ben's.
      await bens.end();
      await writing.request(CreateTaskDocument, { title: 'Bins', assigneeId: 'ben' });
      const again = followTasks(ben, (await lastCursor(first.cursor, ben)).cursor);
      expect(await again.next()).toMatchObject({ kind: 'CREATED', task: { title: 'Bins' } });
      // Nobody's but theirs: Eve has given and has to do nothing.
      expect((await eve.request(TasksDocument)).tasks.nodes).toEqual([]);
      expect(await ben.request(TasksDocument)).toMatchObject({
        tasks: { nodes: [{ title: 'Bins' }] },
      });
    });
    /** Ben's second event, read from the log after his first. */
    const lastCursor = async (after: string, ben: Person) => {
      const events = followTasks(ben, after);
      const event = await events.next();
      await events.end();
      return event;
    };

    it('karma is awarded and deducted, once for each key, to whom it is due', async () => {
      const { ben, eve, backend } = await family();
      const { karma: before } = await ben.request(KarmaDocument);
      const award = async (userId: string, points: number, idempotencyKey: string) => {
        const input = { userId, points, reason: 'dishes', idempotencyKey };
        return (await backend.request(PublishKarmaDocument, input)).publishKarma.deduplicated;
      };
      expect(await award('ben', 5, 'k-1')).toBe(false);
      expect(await award('ben', 5, 'k-1')).toBe(true);
      expect((await failureOf(award('ben', 6, 'k-1'))).code).toBe('CONFLICT');
      await award('eve', 1, 'k-2');
      await award('ben', -2, 'k-3');
      const karma = ben.subscribe(KarmaChangedDocument, { after: before.cursor });
      expect((await karma.next()).karmaChanged).toMatchObject({ points: 5, reason: 'dishes' });
      expect((await karma.next()).karmaChanged).toMatchObject({ points: -2, reason: 'dishes' });
      expect((await eve.request(KarmaDocument)).karma.nodes).toEqual([{ points: 1, reason: 'dishes' }]);
      const refused = ben.request(PublishKarmaDocument, { userId: 'ben', points: 100, reason: 'me' });
      expect((await failureOf(refused)).code).toBe('FORBIDDEN');
      expect((await failureOf(award('ben', 0, 'k-4'))).code).toBe('BAD_USER_INPUT');
    });

    it('a reward is claimed, its approver asked, and the claimer hears what becomes of it', async () => {
      const { mum, ben } = await family();
      const { rewards: before } = await ben.request(RewardsDocument);
      await ben.request(ClaimRewardDocument, { reward: 'Cinema', approverId: 'mum' });
      expect(await mum.request('{ notifications { nodes { type priority title } unreadCount } }')).toEqual({
        notifications: {
          nodes: [{ type: 'APPROVAL', priority: 'HIGH', title: 'ben would like: Cinema' }],
          unreadCount: 1,
        },
      });
      const decide = (person: Person, step: RewardStep) =>
        person.request(DecideRewardDocument, { userId: 'ben', reward: 'Cinema', step });
      for (const step of ['APPROVED', 'COMPLETED'] as const) await decide(mum, step);
      const rewards = ben.subscribe(RewardChangedDocument, { after: before.cursor });
      const seen = [await rewards.next(), await rewards.next(), await rewards.next()];
      expect(seen.map(({ rewardChanged }) => rewardChanged.step)).toEqual([
        'CLAIMED',
        'APPROVED',
        'COMPLETED',
      ]);
      expect((await failureOf(decide(ben, 'APPROVED'))).code).toBe('FORBIDDEN');
      expect((await failureOf(decide(mum, 'CLAIMED'))).code).toBe('BAD_USER_INPUT');
    });

    it('who is erased takes their words with them, from lists and from the past', async () => {
      const { workspace, mum, ben } = await family();
      const cursor = await cursorOfTasks(ben);
      await mum.request(CreateTaskDocument, { title: 'Secret wish', assigneeId: 'ben' });
      await ben.request(CreateTaskDocument, { title: 'Dishes', assigneeId: 'ben' });
      const admin = await stage.writer('admin', { workspace, scope: 'users:erase' });
      await admin.request('mutation { eraseUser(userId: "mum") { userId } }');
      const titles = (await ben.request(TasksDocument)).tasks.nodes.map(({ title }) => title);
      expect(titles).toEqual(['', 'Dishes']);
      const events = followTasks(ben, cursor);
      const told = [await events.next(), await events.next()];
      expect(told.map(({ kind, task }) => [kind, task.title])).toEqual([
        ['CREATED', ''],
        ['CREATED', 'Dishes'],
      ]);
      await events.end();
    });

    it(
      'its hooks show a page what is open, and go on showing it as it changes',
      { timeout: 60_000 },
      async () => {
        const { mum, ben } = await family();
        await ben.request(CreateTaskDocument, { title: 'Bins', assigneeId: 'eve' });
        await using browser = await openBrowser();
        const page = await browser.newPage();
        // Any page of the server's own origin.
        await page.goto(`${stage.servers.far.url}/healthz?token=${ben.token}`);
        await page.addScriptTag({ type: 'module', content: await bundle('planner/page.tsx') });
        const items = page.locator('li');
        await expect.poll(() => items.allTextContents(), { timeout: 15_000 }).toEqual(['Bins: eve']);
        const { createTask } = await mum.request(CreateTaskDocument, { title: 'Dishes', assigneeId: 'ben' });
        await expect
          .poll(() => items.allTextContents(), { timeout: 15_000 })
          .toEqual(['Bins: eve', 'Dishes: ben']);
        await ben.request(CompleteTaskDocument, { id: createTask.id });
        await expect.poll(() => items.allTextContents(), { timeout: 15_000 }).toEqual(['Bins: eve']);
      },
    );

    it('beside them are the built-in domains, and what is wrong with input is said the same way', async () => {
      const { ben } = await family();
      expect(await ben.request('{ viewer { id } }')).toEqual({ viewer: { id: 'ben' } });
      const refused = await failureOf(ben.request(CreateTaskDocument, { title: '', assigneeId: 'eve' }));
      expect(refused).toBeInstanceOf(ResponseError);
      expect([refused.code, refused.message]).toEqual([
        'BAD_USER_INPUT',
        expect.stringContaining('`title` is empty'),
      ]);
    });
  },
  { main: ['--import', 'tsx', main] },
);
