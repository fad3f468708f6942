// Health for whoever runs the server: alive, and able to serve.
import type { Engine } from '../engines/engine.ts';
import type { Store } from '../store/store.ts';
import { sendJson, type Route } from './http.ts';

export interface HealthOptions {
  readonly store: Pick<Store, 'check'>;
  readonly engine: Pick<Engine, 'check'>;
}

export function healthRoutes({ store, engine }: HealthOptions): readonly Route[] {
  const missing = async (): Promise<readonly string[]> => {
    const checks = await Promise.allSettled([store.check(), engine.check()]);
    return checks.flatMap((check) => (check.status === 'rejected' ? [toSentence(check.reason)] : []));
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

const toSentence = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));
