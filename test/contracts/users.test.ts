// What users are called: the newest that their tokens or upsertUsers have told, on every node alike.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { usersService } from '../../src/modules/users/users.service.ts';
import { onBothDatabases } from '../support/in-process.ts';
import { testViewer } from '../support/runtime.ts';

onBothDatabases('users', (database) => {
  const begin = () => {
    const workspace = `users-${randomUUID()}`;
    const users = database.runtime.use(usersService);
    const admin = testViewer('admin', { workspace });
    const token = (name: string | null, secondsAgo: number, avatarUrl: string | null = null) =>
      testViewer('alice', {
        workspace,
        name,
        avatarUrl,
        issuedAt: new Date(Date.now() - secondsAgo * 1_000),
      });
    const nameOf = async () => (await users.load(workspace, ['alice'])).get('alice')?.name;
    return { users, workspace, admin, token, nameOf };
  };

  it('a newer token tells a new name, an older one none', async () => {
    const { users, token, nameOf } = begin();
    await users.remember(token('Second', 10));
    expect(await nameOf()).toBe('Second');
    await users.remember(token('First', 20));
    expect(await nameOf()).toBe('Second');
    await users.remember(token('Third', 0));
    expect(await nameOf()).toBe('Third');
    expect(await users.viewer(token('First', 20))).toMatchObject({ name: 'Third' });
  });

  it('upsertUsers counts until a newer token comes, wherever the old one is used again', async () => {
    const { users, admin, token, nameOf } = begin();
    await users.remember(token('Of the token', 10));
    await users.upsert(admin, [{ id: 'alice', name: 'Told by a backend' }]);
    // As on another node, or after a restart: nobody has seen this token yet.
    users.forget({ workspace: admin.workspace, userId: 'alice' });
    await users.remember(token('Of the token', 10));
    expect(await nameOf()).toBe('Told by a backend');
    await users.remember(token('Of a new token', -1));
    expect(await nameOf()).toBe('Of a new token');
  });

  it('a token without a name or a picture forgets none', async () => {
    const { users, workspace, token } = begin();
    const picture = 'https://example.com/alice.png';
    await users.remember(token('Alice', 10, picture));
    await users.remember(token(null, 0));
    expect((await users.load(workspace, ['alice'])).get('alice')).toEqual({
      id: 'alice',
      name: 'Alice',
      avatarUrl: picture,
    });
  });

  it('those who follow names are told where one has changed, and only then', async () => {
    const { users, workspace, admin, token } = begin();
    const told: string[][] = [];
    const following = await users.followNames(workspace, {
      onChanged: (ids) => void told.push([...ids]),
      onRestored: () => undefined,
    });
    await users.remember(token('Alice', 20));
    await users.remember(token('Alice', 10));
    await users.remember(token('Alice Liddell', 5));
    await users.upsert(admin, [{ id: 'bob', name: 'Bob' }]);
    await expect.poll(() => told).toEqual([['alice'], ['bob']]);
    await following.unfollow();
  });

  it('many who tell the same users at once, in any order, are all heard', async () => {
    const { users, admin } = begin();
    const all = Array.from({ length: 200 }, (_, index) => ({ id: `u${index}`, name: `n${index}` }));
    const calls = Array.from({ length: 20 }, (_, index) =>
      users.upsert(admin, index % 2 ? all : all.toReversed()),
    );
    for (const answer of await Promise.all(calls)) expect(answer).toHaveLength(all.length);
  });
});
