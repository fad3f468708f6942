import { expect, test } from 'vitest';
import { toContentHash } from '../../streams/idempotency.ts';
import { sealHash } from './sealed-hash.ts';

test('is the same for the same content of the same message only, and not its hash', async () => {
  const yes = toContentHash({ body: 'yes' });
  const sealed = await sealHash(yes, 'm1');
  expect(await sealHash(yes, 'm1')).toBe(sealed);
  expect(sealed).not.toContain(yes);
  expect(await sealHash(yes, 'm2')).not.toBe(sealed);
  expect(await sealHash(toContentHash({ body: 'no' }), 'm1')).not.toBe(sealed);
});
