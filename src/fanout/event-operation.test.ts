import {
  execute,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  GraphQLNonNull,
  GraphQLInt,
  parse,
} from 'graphql';
import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Context } from '../schema/context.ts';
import { cursorVariables, EventOperation } from './event-operation.ts';

let resolved: number;
const quirks = { waits: false };
beforeEach(() => {
  resolved = 0;
  quirks.waits = false;
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
    count: { type: new GraphQLNonNull(GraphQLInt) },
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

test.each([
  ['used as the cursor', 'subscription ($at: String) { event(after: $at) { name } }', ['at']],
  ['used elsewhere too', 'subscription ($at: String) { event(after: $at) { name(suffix: $at) } }', []],
  [
    'used in a fragment too',
    'subscription ($at: String) { event(after: $at) { ...F } } fragment F on Event { name(suffix: $at) }',
    [],
  ],
  ['used elsewhere', 'subscription ($at: String) { event { name(suffix: $at) } }', []],
])('a variable %s', (_title, source, expected) => {
  expect([...cursorVariables(parse(source), null)]).toEqual(expected);
});
