// The family planner: domains of its own, added from outside of the package, with all that the built-in ones have.
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ResponseError, type Person } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { onBothSetups } from '../support/setups.ts';

const main = fileURLToPath(new URL('planner/main.ts', import.meta.url));

interface Task {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly assigneeId: string;
}
const task = 'id title state assigneeId';
const mutate = async (person: Person, field: string, args: object, selection: string) => {
  const names = Object.keys(args);
  const types: Readonly<Record<string, string>> = {
    title: 'String!',
    points: 'Int!',
    reason: 'String!',
    reward: 'String!',
    idempotencyKey: 'String',
    step: 'RewardStep!',
  };
  const declared = names.map((name) => `$${name}: ${types[name] ?? 'ID!'}`).join(', ');
  const given = names.map((name) => `${name}: $${name}`).join(', ');
  const { result } = await person.request<{ result: unknown }>(
    `mutation (${declared}) { result: ${field}(${given}) { ${selection} } }`,
    args,
  );
  return result;
};
const cursorOf = async (person: Person, field: string) =>
  (await person.request<Record<string, { cursor: string }>>(`{ ${field} { cursor } }`))[field]?.cursor;
const followTasks = (person: Person, after: string | undefined) => {
  const events = person.subscribe<{ taskChanged: { kind: string; cursor: string; task: Task } }>(
    `subscription ($after: Cursor) { taskChanged(after: $after) { cursor kind task { ${task} } } }`,
    { after },
  );
  return { next: async () => (await events.next()).taskChanged, end: () => events[Symbol.asyncDispose]() };
};

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
      const [atBen, atEve] = [await cursorOf(ben, 'tasks'), await cursorOf(eve, 'tasks')];
      const created = (await mutate(
        writing,
        'createTask',
        { title: 'Dishes', assigneeId: 'ben' },
        task,
      )) as Task;
      const bens = followTasks(ben, atBen);
      const first = await bens.next();
      expect(first).toMatchObject({
        kind: 'CREATED',
        task: { title: 'Dishes', state: 'OPEN', assigneeId: 'ben' },
      });
      await mutate(writing, 'assignTask', { id: created.id, assigneeId: 'eve' }, task);
      expect(await bens.next()).toMatchObject({ kind: 'ASSIGNED', task: { assigneeId: 'eve' } });
      const eves = followTasks(eve, atEve);
      // She was not concerned before.
      expect(await eves.next()).toMatchObject({ kind: 'ASSIGNED', task: { title: 'Dishes' } });
      await mutate(eve, 'completeTask', { id: created.id }, task);
      expect(await eves.next()).toMatchObject({ kind: 'COMPLETED', task: { state: 'COMPLETED' } });
      expect((await failureOf(mutate(mum, 'deleteTask', { id: created.id }, task))).code).toBe('CONFLICT');
      expect((await failureOf(mutate(ben, 'deleteTask', { id: created.id }, task))).code).toBe('NOT_FOUND');

      // Resumed by the last cursor: nothing else was Ben's.
      await bens.end();
      await mutate(writing, 'createTask', { title: 'Bins', assigneeId: 'ben' }, task);
      const again = followTasks(ben, (await lastCursor(first.cursor, ben)).cursor);
      expect(await again.next()).toMatchObject({ kind: 'CREATED', task: { title: 'Bins' } });
      expect(await ben.request(`{ tasks { nodes { ${task} } } }`)).toMatchObject({
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
      const cursor = await cursorOf(ben, 'karma');
      const award = (userId: string, points: number, idempotencyKey: string) =>
        mutate(backend, 'publishKarma', { userId, points, reason: 'dishes', idempotencyKey }, 'deduplicated');
      expect(await award('ben', 5, 'k-1')).toEqual({ deduplicated: false });
      expect(await award('ben', 5, 'k-1')).toEqual({ deduplicated: true });
      expect((await failureOf(award('ben', 6, 'k-1'))).code).toBe('CONFLICT');
      await award('eve', 1, 'k-2');
      await award('ben', -2, 'k-3');
      const karma = ben.subscribe<{ karmaChanged: { points: number } }>(
        'subscription ($after: Cursor) { karmaChanged(after: $after) { points reason } }',
        { after: cursor },
      );
      expect((await karma.next()).karmaChanged).toEqual({ points: 5, reason: 'dishes' });
      expect((await karma.next()).karmaChanged).toEqual({ points: -2, reason: 'dishes' });
      expect(await eve.request('{ karma { nodes { points } } }')).toEqual({
        karma: { nodes: [{ points: 1 }] },
      });
      const refused = mutate(
        ben,
        'publishKarma',
        { userId: 'ben', points: 100, reason: 'me' },
        'deduplicated',
      );
      expect((await failureOf(refused)).code).toBe('FORBIDDEN');
      expect((await failureOf(award('ben', 0, 'k-4'))).code).toBe('BAD_USER_INPUT');
    });

    it('a reward is claimed, its approver asked, and the claimer hears what becomes of it', async () => {
      const { mum, ben } = await family();
      const cursor = await cursorOf(ben, 'rewards');
      await mutate(ben, 'claimReward', { reward: 'Cinema', approverId: 'mum' }, 'step');
      expect(await mum.request('{ notifications { nodes { type priority title } unreadCount } }')).toEqual({
        notifications: {
          nodes: [{ type: 'APPROVAL', priority: 'HIGH', title: 'ben would like: Cinema' }],
          unreadCount: 1,
        },
      });
      const decide = (person: Person, step: string) =>
        mutate(person, 'decideReward', { userId: 'ben', reward: 'Cinema', step }, 'step');
      for (const step of ['APPROVED', 'COMPLETED']) await decide(mum, step);
      const rewards = ben.subscribe<{ rewardChanged: { step: string } }>(
        'subscription ($after: Cursor) { rewardChanged(after: $after) { step } }',
        { after: cursor },
      );
      const seen = [await rewards.next(), await rewards.next(), await rewards.next()];
      expect(seen.map(({ rewardChanged }) => rewardChanged.step)).toEqual([
        'CLAIMED',
        'APPROVED',
        'COMPLETED',
      ]);
      expect((await failureOf(decide(ben, 'APPROVED'))).code).toBe('FORBIDDEN');
    });

    it('beside them are the built-in domains, and what is wrong with input is said the same way', async () => {
      const { ben } = await family();
      expect(await ben.request('{ viewer { id } }')).toEqual({ viewer: { id: 'ben' } });
      const refused = await failureOf(mutate(ben, 'createTask', { title: '', assigneeId: 'eve' }, task));
      expect(refused).toBeInstanceOf(ResponseError);
      expect([refused.code, refused.message]).toEqual([
        'BAD_USER_INPUT',
        expect.stringContaining('`title` is empty'),
      ]);
    });
  },
  { main: ['--import', 'tsx', main] },
);
