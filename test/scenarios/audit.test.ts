// The loss audit of `npm run audit` in small: every kind of fault once, and once more with the healing broken on purpose.
import { expect, test } from 'vitest';
import { runAudit } from '../../bench/audit/run.ts';
import { faultKinds } from '../../bench/audit/schedule.ts';

test('nothing is lost, repeated or out of order, whatever breaks', { timeout: 400_000 }, async () => {
  const report = await runAudit({ seed: 20_261_121, seconds: 120, nodes: 2, subscribers: 120 });
  expect(report).toMatchObject({ lost: 0, repeated: 0, outOfOrder: 0, incidents: [], refusals: [] });
  expect(report.faults.map(({ kind }) => kind)).toEqual(faultKinds);
  expect(report.faults.map(({ longestHealingMs }) => longestHealingMs)).not.toContain(null);
  expect(report.acknowledged).toBeGreaterThan(500);
  expect(report.expected).toBeGreaterThan(report.acknowledged);
});

test('without the head check the audit finds what is lost', { timeout: 120_000 }, async () => {
  const report = await runAudit({
    seed: 1,
    seconds: 1,
    nodes: 2,
    subscribers: 60,
    kinds: ['drop what nodes publish'],
    // Longer than the audit waits.
    env: { HEAD_CHECK_MS: '60000' },
    settleMs: 2_000,
  });
  expect(report.lost).toBeGreaterThan(0);
  expect(report.incidents.map(({ source }) => source)).toContainEqual(expect.stringMatching(/^last-/));
});
