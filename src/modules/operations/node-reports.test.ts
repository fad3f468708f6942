import { pino } from 'pino';
import { expect, test } from 'vitest';
import { TidingsError } from '../../errors.ts';
import { DeliveryFigures } from '../../schema/delivery-figures.ts';
import { startNodeReports } from './node-reports.ts';

test('what ends while the engine is away is not counted any more when it is back', async () => {
  const kept = new Map<string, string>();
  let away = false;
  let refused = 0;
  const nodes = {
    isAlive: true,
    onLapsed: () => () => undefined,
    isComplete: async () => true,
    async report(subject: string, text: string | null) {
      if (away) {
        refused += 1;
        throw new TidingsError('UNAVAILABLE', 'away');
      }
      if (text === null) kept.delete(subject);
      else kept.set(subject, text);
    },
    read: async (subject: string) => new Map([['node', kept.get(subject) ?? null]]),
  };
  const byWorkspace = new Map([['acme', { connections: 3, subscriptions: 4 }]]);
  const reports = startNodeReports({
    nodes,
    figures: { total: { connections: 0, subscriptions: 0 }, byWorkspace },
    deliveries: new DeliveryFigures(),
    logger: pino({ level: 'silent' }),
    everyMs: 1,
  });
  const ofAcme = () => reports.ofWorkspace('acme');
  await expect.poll(ofAcme).toEqual([{ connections: 3, subscriptions: 4 }]);
  away = true;
  await expect.poll(() => refused).toBeGreaterThan(2);
  byWorkspace.delete('acme');
  const before = refused;
  await expect.poll(() => refused).toBeGreaterThan(before + 2);
  away = false;
  await expect.poll(ofAcme).toEqual([]);
  reports.close();
});
