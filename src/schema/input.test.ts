import { expect, test } from 'vitest';
import { requireHttpsUrl, requireName } from './input.ts';

const sayingWhy = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringMatching(message) as string });

test.each(['https://example.com', 'HTTPS://example.com/a%20b?c#d', 'https://bücher.example/ü'])(
  'an https address may be %s',
  (url) => {
    expect(requireHttpsUrl('avatarUrl', url)).toBe(url);
  },
);

test.each([
  ['', /`avatarUrl` is empty/],
  ['http://example.com', /no https address/],
  ['javascript:alert(1)', /no https address/],
  ['example.com', /no https address/],
  ['https://', /no https address/],
  ['https://example.com/a b', /white space.*encode/],
  ['https://example.com/\n', /white space.*encode/],
  ['https://example.com/\u007f', /control characters.*encode/],
  [`https://example.com/${'x'.repeat(2_048)}`, /at most 2048/],
])('an https address may not be %j', (url, why) => {
  expect(() => requireHttpsUrl('avatarUrl', url)).toThrow(sayingWhy(why));
});

test.each([' ', '\u3000\n', ''])('a name may not be %j', (name) => {
  expect(() => requireName('name', name)).toThrow(sayingWhy(/blank|empty/));
});
test('a name may hold spaces', () => {
  expect(requireName('name', ' Alice Liddell ')).toBe(' Alice Liddell ');
});
