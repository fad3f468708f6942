// Health for whoever runs the server: alive, and able to serve.
import type { BoundedCheck } from './bounded-check.ts';
import { sendJson, type Route } from './route.ts';
import { drainingSentence, type Readiness } from './readiness.ts';

export interface HealthOptions {
  /** What the node can not serve without. */
  readonly checks: readonly BoundedCheck<unknown>[];
  readonly readiness: Pick<Readiness, 'isDraining'>;
}

export function healthRoutes({ checks, readiness }: HealthOptions): readonly Route[] {
  const missing = async (): Promise<readonly string[]> => {
    // At once: whatever else is away, nobody is to be sent here any more.
    if (readiness.isDraining) return [drainingSentence];
    const checked = await Promise.all(checks.map((check) => check.look()));
    const problems = checked.flatMap(({ problem }) => (problem === null ? [] : [problem]));
    return problems;
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
        const problems = await missing();
        if (problems.length === 0) sendJson(response, 200, { status: 'ready' });
        else sendJson(response, 503, { status: 'not ready', missing: problems });
      },
    },
  ];
}
