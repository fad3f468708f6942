// What a policy of one's own owes: an authorization class, or an error. One that answers nothing has admitted nobody.
import { expect, it, vi } from 'vitest';
import { Session } from '../../src/auth/session.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { createContext } from '../../src/schema/context.ts';
import { openEventStream, type AuthorizationClass } from '../../src/schema/event-stream.ts';
import { toTopic } from '../../src/streams/topic.ts';
import { onBothDatabases } from '../support/in-process.ts';
import { testViewer } from '../support/runtime.ts';

onBothDatabases('a policy of one’s own', (database) => {
  const workspace = 'own-policies';
  const topic = toTopic({ workspace, kind: 'tasks-of', key: 'alice' });
  const alice = (roles: readonly string[]) => testViewer('alice', { workspace, roles });
  const open = (authorize: (viewer: Viewer) => unknown) => {
    const verifier = { verify: async () => alice([]) };
    const session = new Session({ transport: 'websocket', viewer: alice(['parent']), verifier });
    const stream = openEventStream(createContext(database.runtime, session, null), {
      topic,
      after: null,
      anewFrom: '`tasks`',
      authorize: authorize as (viewer: Viewer) => AuthorizationClass,
    });
    return { session, stream };
  };

  it.each([
    ['nothing', undefined],
    ['false', false],
    ['an empty class', ''],
    ['a promise of nothing', Promise.resolve()],
  ])('that answers %s opens no stream', async (_title, answer) => {
    await expect(open(() => answer).stream).rejects.toThrow(/answered no authorization class/);
  });

  it('that answers nothing to a renewed token ends the stream', async () => {
    const { session, stream } = open(({ roles }) => (roles.has('parent') ? 'parent' : undefined));
    const events = await stream;
    const next = events.next();
    next.catch(() => undefined);
    await session.renew('without the role');
    await vi.waitFor(() => expect(events.closed).toBe(true));
    await expect(next).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
