import { expect, test } from 'vitest';
import { isPrivateAddress } from './private-address.ts';

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '::1',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.1.1',
  '::ffff:10.1.2.3',
  'fd12:3456::1',
  'fe80::1%eth0',
])('%s is private', (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

test.each([
  undefined,
  '',
  'nonsense',
  '8.8.8.8',
  '172.32.0.1',
  '100.64.0.1',
  '::ffff:8.8.8.8',
  '2001:db8::1',
])('%s is not', (address) => {
  expect(isPrivateAddress(address)).toBe(false);
});
