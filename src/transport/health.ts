// Health for whoever runs the server: alive, and able to serve.
import type { BoundedCheck } from './bounded-check.ts';
import { sendJson, type Route } from './route.ts';
import { drainingSentence, type Readiness } from './readiness.ts';

export interface HealthOptions {
  /** What the node can not serve without, and what it serves less without. */
  readonly dependencies: readonly {
    readonly isNeeded: boolean;
    readonly check: Pick<BoundedCheck<unknown>, 'look'>;
  }[];
  readonly readiness: Pick<Readiness, 'isDraining'>;
}

type State = 'ready' | 'degraded' | 'not ready';

export function healthRoutes({ dependencies, readiness }: HealthOptions): readonly Route[] {
  const look = async (): Promise<{ readonly status: State; readonly missing?: readonly string[] }> => {
    // At once: whatever else is away, nobody is to be sent here any more.
    if (readiness.isDraining) return { status: 'not ready', missing: [drainingSentence] };
    const checked = await Promise.all(
      dependencies.map(async ({ isNeeded, check }) => ({ isNeeded, problem: (await check.look()).problem })),
    );
    const problems = checked.filter(({ problem }) => problem !== null);
    if (problems.length === 0) return { status: 'ready' };
    const missing = problems.map(({ problem }) => String(problem));
    return { status: problems.some(({ isNeeded }) => isNeeded) ? 'not ready' : 'degraded', missing };
  };
  return [
    {
      method: 'GET',
      path: '/healthz',
      handle: (_request, response) => sendJson(response, 200, { status: 'alive' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      async handle(_request, response) {
        const state = await look();
        sendJson(response, state.status === 'not ready' ? 503 : 200, state);
      },
    },
  ];
}
