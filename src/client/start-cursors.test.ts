import { readFileSync } from 'node:fs';
import { buildSchema, getNullableType, isObjectType, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { cursorQueries, readStartCursor } from './start-cursors.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const eventStreams = Object.values(schema.getSubscriptionType()?.getFields() ?? {}).filter(({ args }) =>
  args.some(({ name }) => name === 'after'),
);

it('every event stream of the schema has a query for where it stands', () => {
  expect(eventStreams.length).toBeGreaterThan(5);
  expect(eventStreams.map(({ name }) => name).sort()).toEqual(Object.keys(cursorQueries).sort());
});

describe.each(eventStreams.map(({ name, args }) => ({ name, args })))('$name', ({ name, args }) => {
  const given = Object.fromEntries(args.filter((arg) => arg.name !== 'after').map((arg) => [arg.name, 'x']));

  it.each([given, {}])('is asked for a cursor by a valid query, given %j', (values) => {
    const asked = cursorQueries[name]?.(values);
    const document = parse(asked?.query ?? '');
    expect(validate(schema, document)).toEqual([]);
    expect(asked?.query).toMatch(/\{ cursor \}/);
  });

  it('its events have a cursor', () => {
    const type = getNullableType(schema.getSubscriptionType()?.getFields()[name]?.type);
    expect(isObjectType(type) && 'cursor' in type.getFields()).toBe(true);
  });
});

it('reads the cursor of the only field, whatever it is called; null where there is nothing', () => {
  expect(readStartCursor({ orders: { cursor: 'c' } })).toBe('c');
  expect(readStartCursor({ order: null })).toBeNull();
  expect(readStartCursor(null)).toBeNull();
});
