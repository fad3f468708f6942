import { graphql } from 'graphql';
import { expect, test } from 'vitest';
import { createBuilder } from './builder.ts';
import { defineVocabulary } from './scalars.ts';

const builder = createBuilder();
builder.queryType({
  fields: (t) => ({
    moment: t.field({
      type: 'DateTime',
      args: { of: t.arg({ type: 'DateTime', required: true }) },
      resolve: (_root, args) => args.of,
    }),
  }),
});
defineVocabulary(builder);
const schema = builder.toSchema();
const echo = (of: unknown) =>
  graphql({ schema, source: 'query ($of: DateTime!) { moment(of: $of) }', variableValues: { of } });

test.each([
  ['2026-11-21T09:30:00.000Z', '2026-11-21T09:30:00.000Z'],
  ['2026-11-21t09:30:00z', '2026-11-21T09:30:00.000Z'],
  ['2026-11-21T23:59:59.999999999+02:00', '2026-11-21T21:59:59.999Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
])('DateTime takes %s', async (text, moment) => {
  expect(await echo(text)).toEqual({ data: { moment } });
});

test.each([
  ['2026-11-21', 'no time'],
  ['2026-11-21T09:30:00', 'no zone'],
  ['2026-02-29T00:00:00Z', 'a day that this year does not have'],
  ['2026-13-01T00:00:00Z', 'a month that is none'],
  ['2026-11-21T24:00:00Z', 'an hour that belongs to the next day'],
  ['2026-11-21T23:60:00Z', 'a minute that is none'],
  ['0000-12-31T00:00:00Z', 'a year that is none'],
  ['9999-12-31T23:59:59-01:00', 'a year that the database does not know'],
  [1_760_000_000, 'a number'],
])('DateTime does not take %s: %s', async (value, _why) => {
  const { errors } = await echo(value);
  expect(errors).toHaveLength(1);
  expect(errors?.[0]?.message).toMatch(/DateTime is a/);
});
