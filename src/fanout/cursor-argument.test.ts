import { buildSchema, parse, print, validate } from 'graphql';
import { expect, test } from 'vitest';
import { withoutCursor } from './cursor-argument.ts';

const schema = buildSchema(`
  scalar Cursor
  type Query { none: Int }
  type Event { name(suffix: String, after: Cursor): String }
  type Subscription {
    event(after: Cursor, of: String): Event
    required(after: Cursor!): Event
    later(after: String): Event
  }
`);
const read = (source: string) => {
  const document = parse(source);
  expect(validate(schema, document)).toEqual([]);
  const { document: executed, cursors } = withoutCursor(schema, document, null);
  return { document, executed, cursors: [...cursors] };
};

test.each([
  [
    'a variable',
    'subscription ($at: Cursor, $of: String) { event(after: $at, of: $of) { name } }',
    'subscription ($of: String) { event(of: $of) { name } }',
    ['at'],
  ],
  [
    'a required variable',
    'subscription ($at: Cursor!) { event(after: $at) { name } }',
    'subscription { event { name } }',
    ['at'],
  ],
  ['a value', 'subscription { event(after: "c") { name } }', 'subscription { event { name } }', []],
  [
    'a variable that is used elsewhere too',
    'subscription ($at: Cursor) { event(after: $at) { ...F } } fragment F on Event { name(after: $at) }',
    'subscription ($at: Cursor) { event { ...F } } fragment F on Event { name(after: $at) }',
    [],
  ],
])('the cursor as %s is not executed', (_title, source, expected, names) => {
  const { executed, cursors } = read(source);
  expect(print(executed)).toBe(print(parse(expected)));
  expect(cursors).toEqual(names);
  expect(validate(schema, executed)).toEqual([]);
});

test.each([
  ['is not given', 'subscription { event { name } }'],
  ['is of another field', 'subscription ($at: Cursor) { event { name(after: $at) } }'],
  ['is required', 'subscription ($at: Cursor!) { required(after: $at) { name } }'],
  ['is no cursor', 'subscription ($at: String) { later(after: $at) { name } }'],
  [
    'stands in a fragment',
    'subscription ($at: Cursor) { ...S } fragment S on Subscription { event(after: $at) { name } }',
  ],
])('where `after` %s, the document stays as it is', (_title, source) => {
  const { document, executed, cursors } = read(source);
  expect(executed).toBe(document);
  expect(cursors).toEqual([]);
});
