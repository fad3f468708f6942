import { parse } from 'graphql';
import { beforeEach, expect, it } from 'vitest';
import { createBuilder } from '../schema/builder.ts';
import { defineVocabulary } from '../schema/scalars.ts';
import { createOperationCosts, type OperationCosts } from './operation-cost.ts';

const builder = createBuilder();
const Thing = builder.objectRef<object>('Thing');
Thing.implement({
  fields: (t) => ({ name: t.string({ resolve: () => '' }), size: t.int({ resolve: () => 1 }) }),
});
const Page = builder.objectRef<object>('Page');
Page.implement({
  fields: (t) => ({
    nodes: t.field({ type: [Thing], resolve: () => [] }),
    total: t.int({ resolve: () => 0 }),
  }),
});
builder.queryType({
  fields: (t) => ({
    pages: t.field({ type: Page, args: { first: t.arg.int({ defaultValue: 20 }) }, resolve: () => ({}) }),
    thread: t.field({
      type: Page,
      args: { first: t.arg.int(), last: t.arg.int() },
      resolve: () => ({}),
    }),
    since: t.field({
      type: Page,
      args: { at: t.arg({ type: 'DateTime', required: true }) },
      resolve: () => ({}),
    }),
    one: t.field({
      type: Thing,
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      resolve: () => null,
    }),
    byIds: t.field({ type: [Thing], args: { ids: t.arg.idList({ required: true }) }, resolve: () => [] }),
    all: t.field({ type: [Thing], resolve: () => [] }),
    names: t.stringList({ resolve: () => [] }),
  }),
});
defineVocabulary(builder);
const schema = builder.toSchema();

let costs: OperationCosts;
beforeEach(() => {
  costs = createOperationCosts(schema, 0);
});

/** As it is told: nothing is free here. */
function costOf(text: string, variableValues: object = {}, operationName: string | null = null): number {
  const error = costs.check({ document: parse(text), variableValues: { ...variableValues }, operationName });
  return Number(/could answer (\d+) fields/.exec(error?.message ?? '')?.[1]);
}

it('a field is one, and what a page holds counts as often as was asked for', () => {
  expect(costOf('{ names }')).toBe(1);
  expect(costOf('{ pages(first: 100) { total } }')).toBe(1 + 100);
  expect(costOf('{ pages(first: 100) { nodes { name size } } }')).toBe(1 + 100 * 3);
  expect(costOf('{ pages { nodes { name } } }')).toBe(1 + 20 * 2);
  // What no page can be is refused by whoever answers it, with a sentence of its own.
  expect(costOf('{ pages(first: 2147483647) { total } }')).toBe(1 + 1_000);
});

it('variables count as what they are', () => {
  const text = 'query P($first: Int) { pages(first: $first) { nodes { name } } }';
  expect(costOf(text, { first: 3 })).toBe(7);
  expect(costOf(text, { first: 500 })).toBe(1_001);
  expect(costOf(text)).toBe(41);
  expect(costOf(text, { first: null })).toBe(41);
});

it('the last so many are as many as the first, and a page is twenty where nobody says', () => {
  expect(costOf('{ thread(last: 100) { nodes { name } } }')).toBe(1 + 100 * 2);
  expect(costOf('{ thread { nodes { name } } }')).toBe(1 + 20 * 2);
});

it('values of types of our own are read once', () => {
  const document = parse('query P($at: DateTime!) { since(at: $at) { total } }');
  expect(costs.check({ document, variableValues: { at: '2026-11-22T10:00:00.000Z' } })?.message).toMatch(
    /could answer 2 fields/,
  );
});

it('a variable that is not given counts as its default', () => {
  expect(costOf('query P($first: Int = 100) { pages(first: $first) { total } }')).toBe(1 + 100);
});

it('what can not be counted is refused, not carried out for nothing', () => {
  const document = parse('query P($id: ID = "a") { one(id: $id) @skip(if: true) { name } all { name } }');
  expect(costs.check({ document, variableValues: { id: null } })?.message).toMatch(
    /"id" of non-null type "ID!"/,
  );
  expect(costs.check({ document })?.message).toMatch(/could answer 13 fields/);
});

it('a list of ids is as long as it is given, any other ten', () => {
  expect(costOf('query I($ids: [ID!]!) { byIds(ids: $ids) { name } }', { ids: ['a', 'b', 'c'] })).toBe(4);
  expect(costOf('{ all { name size } }')).toBe(21);
});

it('of several operations the one that is asked for counts, and aliases and fragments each time', () => {
  const text =
    'query Cheap { names } query Dear { one: all { ...T } two: all { ...T } } fragment T on Thing { name }';
  expect(costOf(text, {}, 'Cheap')).toBe(1);
  expect(costOf(text, {}, 'Dear')).toBe(22);
});

it('whoever doubles fragments sixty times is answered at once', () => {
  const doubling = Array.from(
    { length: 60 },
    (_, index) => `fragment F${index} on Query { ...F${index + 1} x${index}: all { name } ...F${index + 1} }`,
  );
  expect(costOf(`{ ...F0 } ${doubling.join(' ')} fragment F60 on Query { names }`)).toBeGreaterThan(1e18);
});

it('variables that can not be are left to whoever carries it out', () => {
  const document = parse('query P($first: Int) { pages(first: $first) { total } }');
  expect(costs.check({ document, variableValues: { first: 'many' } })).toBeNull();
  expect(costs.check({ document, operationName: 'Other' })).toBeNull();
});

it('what may be asked for is', () => {
  const check = createOperationCosts(schema, 41).check;
  expect(check({ document: parse('{ pages { nodes { name } } }') })).toBeNull();
  const refusal = check({ document: parse('{ pages(first: 21) { nodes { name } } }') });
  expect(refusal?.originalError).toMatchObject({ code: 'BAD_USER_INPUT' });
});
