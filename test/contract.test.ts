// The schema as a promise: schema.graphql is what the code says, it has everything the public contract has, and
// everything in it is described.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { notYetBuilt } from './support/not-yet-built.ts';
import { compareWithContract, findUndescribed } from './support/schema-contract.ts';

const root = join(import.meta.dirname, '..');
const committedContract = join(root, 'test/support/contract.graphql');
/** Where the contract is written; a clone by itself has the copy only. */
const designedContract = join(root, '../shared/design/schema.graphql');

const readSchema = (file: string) => buildSchema(readFileSync(file, 'utf8'));
const serverSchema = readSchema(join(root, 'schema.graphql'));
const comparison = compareWithContract(
  serverSchema,
  readSchema(existsSync(designedContract) ? designedContract : committedContract),
);

describe('schema.graphql', () => {
  it('is what the code says', async () => {
    // In a process of its own: vitest would load graphql twice, and each refuses the other's types.
    const check = ['--import', 'tsx', 'scripts/print-schema.ts', '--check'];
    const { stderr } = await promisify(execFile)(process.execPath, check, { cwd: root });
    expect(stderr).toBe('');
  });

  it('has everything the contract has, but for what is known to be not yet built', () => {
    expect(comparison.missing.filter((name) => !notYetBuilt.includes(name))).toEqual([]);
  });

  it('differs from the contract nowhere', () => {
    expect(comparison.differences).toEqual([]);
  });

  it('has nothing that is still listed as not yet built', () => {
    expect(notYetBuilt.filter((name) => !comparison.missing.includes(name))).toEqual([]);
    expect(new Set(notYetBuilt).size).toBe(notYetBuilt.length);
  });

  it('describes every type, field, argument and input field', () => {
    expect(findUndescribed(serverSchema)).toEqual([]);
  });
});

it.runIf(existsSync(designedContract))('the copy of the contract is the contract', () => {
  expect(readFileSync(committedContract, 'utf8')).toBe(readFileSync(designedContract, 'utf8'));
});

describe('comparing with a contract', () => {
  const contract = /* GraphQL */ `
    interface Event {
      at: String!
    }
    type Shipment implements Event {
      at: String!
      tags: [String!]!
    }
    enum Size {
      SMALL
      LARGE
    }
    input Filter {
      size: Size = SMALL
      text: String!
    }
    scalar Moment
    type Query {
      shipment(id: ID!): Shipment
      shipments(first: Int = 20, filter: Filter): [Shipment!]!
      now: Moment
    }
  `;
  const compare = (from: string | RegExp, to: string) => {
    const changed = contract.replace(from, to);
    expect(changed).not.toBe(contract);
    return compareWithContract(buildSchema(changed), buildSchema(contract));
  };
  const same = { missing: [], differences: [] };

  it('finds nothing where both are the same', () => {
    expect(compareWithContract(buildSchema(contract), buildSchema(contract))).toEqual(same);
  });

  it.each([
    ['a type', 'type Query {', 'type Extra { id: ID! } type Query {'],
    ['a field', 'now: Moment', 'now: Moment later: Moment'],
    ['an argument to leave out', '(id: ID!)', '(id: ID!, deep: Boolean, depth: Int! = 1)'],
    ['an input field to leave out', 'text: String!', 'text: String! limit: Int! = 3'],
    ['an enum value', 'SMALL\n', 'SMALL MEDIUM\n'],
    [
      'an interface',
      'type Shipment implements Event',
      'interface Thing { at: String! } type Shipment implements Event & Thing',
    ],
    ['a description', 'type Query', '"Questions." type Query'],
  ])('allows more: %s', (_what, from, to) => {
    expect(compare(from, to)).toEqual(same);
  });

  it.each([
    ['a type and the field of it', /scalar Moment|now: Moment/g, ['Moment', 'Query.now']],
    ['a field', 'shipment(id: ID!): Shipment', ['Query.shipment']],
    ['an argument', 'first: Int = 20, ', ['Query.shipments(first:)']],
    ['an input field', 'text: String!', ['Filter.text']],
    ['an enum value', 'LARGE', ['Size.LARGE']],
    ['an interface', ' implements Event', ['Shipment implements Event']],
  ])('names what is missing: %s', (_what, lost, missing) => {
    expect(compare(lost, '')).toEqual({ missing, differences: [] });
  });

  it.each([
    ['now: Moment', 'now: Moment!', 'Query.now is Moment!; the contract says Moment.'],
    ['now: Moment', 'now: String', 'Query.now is String; the contract says Moment.'],
    ['tags: [String!]!', 'tags: [String]!', 'Shipment.tags is [String]!; the contract says [String!]!.'],
    ['(id: ID!)', '(id: ID)', 'Query.shipment(id:) is ID; the contract says ID!.'],
    ['= 20', '= 50', 'Query.shipments(first:) is Int = 50; the contract says Int = 20.'],
    [' = 20', '', 'Query.shipments(first:) is Int; the contract says Int = 20.'],
    ['= SMALL', '= LARGE', 'Filter.size is Size = LARGE; the contract says Size = SMALL.'],
    ['text: String!', 'text: String', 'Filter.text is String; the contract says String!.'],
    [
      '(id: ID!)',
      '(id: ID!, key: ID!)',
      'Query.shipment(key:) is required; the contract says something to leave out.',
    ],
    [
      'text: String!',
      'text: String! limit: Int!',
      'Filter.limit is required; the contract says something to leave out.',
    ],
    ['scalar Moment', 'enum Moment { NOW }', 'Moment is a type of the kind enum; the contract says scalar.'],
  ])('names what differs: %s turned into %s', (from, to, difference) => {
    expect(compare(from, to)).toEqual({ missing: [], differences: [difference] });
  });

  it('finds what has no description', () => {
    const undescribed = buildSchema(/* GraphQL */ `
      "Described."
      type Query {
        "Described."
        one("Described." a: Int, b: Filter): Size
        two: Int
      }
      input Filter {
        "Described."
        c: Int
        d: Int
      }
      enum Size {
        SMALL
      }
    `);
    expect([...findUndescribed(undescribed)].sort()).toEqual([
      'Filter',
      'Filter.d',
      'Query.one(b:)',
      'Query.two',
      'Size',
      'Size.SMALL',
    ]);
  });
});
