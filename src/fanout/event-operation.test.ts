import {
  execute,
  GraphQLInputObjectType,
  GraphQLList,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  GraphQLNonNull,
  GraphQLInt,
  parse,
} from 'graphql';
import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { traitsExtension, type FieldTraits } from '../schema/builder.ts';
import type { Context } from '../schema/context.ts';
import { EventOperation } from './event-operation.ts';

let resolved: number;
const quirks = { waits: false, throws: false };
beforeEach(() => {
  resolved = 0;
  quirks.waits = false;
  quirks.throws = false;
});

const Told = new GraphQLInputObjectType({
  name: 'Told',
  fields: { one: { type: GraphQLString, defaultValue: 'none' }, two: { type: GraphQLString } },
});
const Event = new GraphQLObjectType<{ name: string; count: number | null }>({
  name: 'Event',
  fields: {
    name: {
      type: new GraphQLNonNull(GraphQLString),
      args: { suffix: { type: GraphQLString } },
      resolve({ name }, { suffix = '' }: { suffix?: string }) {
        resolved += 1;
        return quirks.waits ? Promise.resolve(name + suffix) : name + suffix;
      },
    },
    count: {
      type: new GraphQLNonNull(GraphQLInt),
      resolve({ count }) {
        if (quirks.throws) throw new Error('Not now.');
        return count;
      },
    },
    loaded: {
      type: GraphQLString,
      extensions: { [traitsExtension]: { atDelivery: true } satisfies FieldTraits },
      resolve() {
        resolved += 1;
        return 'now';
      },
    },
    told: {
      type: GraphQLString,
      args: { input: { type: Told }, list: { type: new GraphQLList(GraphQLString) } },
      resolve: (_event, args) => JSON.stringify(args),
    },
    odd: {
      type: GraphQLString,
      resolve: () => {
        resolved += 1;
        return String(resolved);
      },
    },
  },
});
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { none: { type: GraphQLString } } }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: {
      event: { type: Event, args: { after: { type: GraphQLString } }, resolve: (event: unknown) => event },
    },
  }),
});
const context = {} as Context;
const open = (source: string) =>
  new EventOperation({
    schema,
    document: parse(source),
    operationName: null,
    logger: pino({ level: 'silent' }),
  });
const byGraphqlJs = (source: string, rootValue: unknown, variableValues: Record<string, unknown> = {}) =>
  JSON.stringify(execute({ schema, document: parse(source), rootValue, variableValues }));

describe('compiled or not, it answers what graphql-js answers', () => {
  test.each([
    ['plainly', 'subscription { event { name count } }', {}],
    [
      'with variables',
      'subscription S($suffix: String) { event { name(suffix: $suffix) } }',
      { suffix: '!' },
    ],
    ['under other names, twice, __typename', 'subscription { e: event { a: name b: name __typename } }', {}],
    [
      'by fragments',
      'subscription { event { ...F } } fragment F on Event { name ...G } fragment G on Event { count }',
      {},
    ],
    [
      'conditionally',
      'subscription S($not: Boolean!) { event { name @skip(if: $not) ...F @include(if: $not) } } fragment F on Event { count }',
      { not: true },
    ],
  ])('%s', (_title, source, variables) => {
    const operation = open(source);
    for (let count = 0; count < 100; count += 1) {
      const event = { name: `n${count}`, count };
      expect(JSON.stringify(operation.execute(event, context, variables))).toBe(
        byGraphqlJs(source, event, variables),
      );
    }
  });

  test('where something goes wrong too', () => {
    const source = 'subscription { event { name count } }';
    const operation = open(source);
    for (let count = 0; count < 100; count += 1) {
      const event = { name: 'n', count: count % 10 === 0 || count === 99 ? null : count };
      expect(JSON.stringify(operation.execute(event, context, {}))).toBe(byGraphqlJs(source, event));
    }
  });
});

/** How often one event is resolved, after so many. */
function workAfter(operation: EventOperation, events: number): number {
  for (let count = 0; count < events; count += 1) void operation.execute({ name: 'n', count }, context, {});
  const before = resolved;
  void operation.execute({ name: 'n', count: 1 }, context, {});
  return resolved - before;
}

test('it is tried beside graphql-js before it counts', () => {
  const operation = open('subscription { event { name } }');
  expect(workAfter(operation, 5)).toBe(1);
  expect(workAfter(operation, 20)).toBe(2);
  expect(workAfter(operation, 50)).toBe(1);
});

test('one that answers otherwise while it is tried never counts', () => {
  const source = 'subscription { event { odd } }';
  const operation = open(source);
  expect(workAfter(operation, 60)).toBe(1);
  const { data } = operation.execute({ name: 'n', count: 1 }, context, {}) as {
    data: { event: { odd: string } };
  };
  expect(data.event.odd).toBe(String(resolved));
});

test('one that throws while it is tried, or later, is answered by graphql-js', () => {
  const operation = open('subscription { event { count } }');
  expect(workAfter(operation, 25)).toBe(0);
  quirks.throws = true;
  const result = () => operation.execute({ name: 'n', count: 7 }, context, {});
  expect(result()).toMatchObject({ errors: [{ message: 'Not now.' }] });
  quirks.throws = false;
  expect(workAfter(operation, 60)).toBe(0);
  expect(result()).toEqual({ data: { event: { count: 7 } } });
});

test('one that loads at delivery is never tried beside: it would load twice', () => {
  const operation = open('subscription { event { loaded } }');
  for (let count = 0; count < 60; count += 1) expect(workAfter(operation, 0)).toBe(1);
});

test.each([
  ['an object', 'input: { one: $one, two: $two }'],
  ['a list', 'list: [$one, $two]'],
])('one with variables in %s is left to graphql-js, which knows what is absent', (_title, argument) => {
  const source = `subscription ($one: String, $two: String) { event { told(${argument}) } }`;
  const operation = open(source);
  const event = { name: 'n', count: 1 };
  const both = { one: '1', two: '2' };
  for (let count = 0; count < 60; count += 1) void operation.execute(event, context, both);
  for (const variables of [both, { one: '1' }, { two: '2' }, {}]) {
    expect(JSON.stringify(operation.execute(event, context, variables))).toBe(
      byGraphqlJs(source, event, variables),
    );
  }
});

test('one whose resolvers wait is not compiled: nothing would be gained', async () => {
  quirks.waits = true;
  const operation = open('subscription { event { name } }');
  for (let count = 0; count < 60; count += 1) {
    expect(await operation.execute({ name: 'n', count }, context, {})).toMatchObject({
      data: { event: { name: 'n' } },
    });
  }
  expect(resolved).toBe(60);
});
