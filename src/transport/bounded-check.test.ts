import { beforeEach, expect, test, vi } from 'vitest';
import { BoundedCheck } from './bounded-check.ts';

/** Answered, or not, by the test. */
interface Asked {
  answer(value: string): void;
  fail(error: Error): void;
}

let asked: Asked[];
beforeEach(() => {
  asked = [];
});

const create = (times: { readonly deadlineMs?: number; readonly freshMs?: number } = {}) =>
  new BoundedCheck<string>({
    name: 'The database',
    ask: () => new Promise((answer, fail) => void asked.push({ answer, fail })),
    ...times,
  });

test('however many want to know, one is asked', async () => {
  const check = create();
  const looks = [check.look(), check.look(), check.look()];
  expect(asked).toHaveLength(1);
  asked[0]?.answer('here');
  for (const look of looks) expect(await look).toMatchObject({ value: 'here', problem: null });
});

test('an answer counts for a while, and then no more', async () => {
  const fresh = create({ freshMs: 60_000 });
  const first = fresh.look();
  asked[0]?.answer('here');
  await first;
  expect(await fresh.look()).toMatchObject({ value: 'here' });
  expect(asked).toHaveLength(1);

  const stale = create({ freshMs: 0 });
  const earlier = stale.look();
  asked[1]?.answer('here');
  await earlier;
  const later = stale.look();
  asked[2]?.fail(new Error('The database cannot be reached.'));
  expect(await later).toMatchObject({ value: null, problem: 'The database cannot be reached.' });
});

test('nobody waits for one that hangs, and it is not asked again before it has settled', async () => {
  const check = create({ deadlineMs: 10, freshMs: 0 });
  const late = { value: null, problem: 'The database did not answer within 0.01 s.' };
  expect(await check.look()).toMatchObject(late);
  expect(await check.look()).toMatchObject(late);
  expect(asked).toHaveLength(1);
  asked[0]?.answer('here at last');
  await vi.waitFor(() => {
    void check.look();
    expect(asked).toHaveLength(2);
  });
  asked[1]?.answer('here');
  expect(await check.look()).toMatchObject({ value: 'here', problem: null });
});
