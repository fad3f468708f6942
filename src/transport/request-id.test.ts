import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { requestIdOf } from './request-id.ts';

const withId = (id?: string | string[]): IncomingMessage =>
  ({ headers: id === undefined ? {} : { 'x-request-id': id } }) as unknown as IncomingMessage;

test.each(['a', '4bf92f3577b34da6a3ce929d0e0e4736', 'proxy-1.edge_2', 'x'.repeat(64)])(
  '"%s" is kept',
  (id) => {
    expect(requestIdOf(withId(id))).toBe(id);
  },
);

test.each([
  undefined,
  '',
  'two words',
  'x'.repeat(65),
  'line\nbreak',
  'quote"',
  'ümlaut',
  '${jndi:ldap}',
  'one, two',
  ['one', 'two'],
])('%j is replaced, by the same each time', (id) => {
  const request = withId(id);
  const made = requestIdOf(request);
  expect(made).toMatch(/^[\w-]{22}$/);
  expect(requestIdOf(request)).toBe(made);
  expect(requestIdOf(withId(id))).not.toBe(made);
});
