import { expect, test } from 'vitest';
import { defaultRates } from '../config.ts';
import type { Viewer } from '../auth/viewer.ts';
import { countingRefusals } from './counted-rate-limits.ts';
import { createRateLimits } from './rate-limits.ts';

test('whoever is refused is counted by kind, and refused all the same', () => {
  const refused = { message: 0, typing: 0, presence: 0, publish: 0 };
  const limits = countingRefusals(
    createRateLimits({ ...defaultRates, typing: 1 }, () => 0),
    refused,
  );
  const alice = { id: 'alice', workspace: 'acme', scopes: new Set() } as unknown as Viewer;
  for (let taken = 0; taken < 2; taken++) limits.take(alice, 'typing');
  for (let taken = 0; taken < 3; taken++) {
    expect(() => limits.take(alice, 'typing')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
  }
  limits.take(alice, 'message');
  expect(refused).toEqual({ message: 0, typing: 3, presence: 0, publish: 0 });
});
