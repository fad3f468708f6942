import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestRuntime, testViewer, type TestRuntime } from '../../../test/support/runtime.ts';
import { Session } from '../../auth/session.ts';
import { createContext } from '../../schema/context.ts';
import { createOperationsService } from './operations.service.ts';

let opened: TestRuntime | undefined;
beforeAll(async () => {
  opened = await openTestRuntime('pglite');
});
afterAll(() => opened?.close());

test('whoever is no operator any more when the first figures come is told none', async () => {
  if (opened === undefined) throw new Error('The runtime is not open yet.');
  const { runtime } = opened;
  const viewer = (roles: readonly string[]) => testViewer('olga', { workspace: 'acme', roles });
  const session = new Session({
    transport: 'websocket',
    viewer: viewer(['operator']),
    verifier: { verify: async () => viewer([]) },
  });
  const presence = {
    ...runtime.engine.presence,
    async count() {
      await session.renew('a token without the role');
      return 1;
    },
  };
  const service = createOperationsService({ ...runtime, engine: { ...runtime.engine, presence } });
  const figures = await service.followServerStats(createContext(runtime, session, null));
  await expect(figures.next()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  service.close();
});
