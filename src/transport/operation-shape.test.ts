import { buildSchema, parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { limitShape } from './operation-shape.ts';

const schema = buildSchema('type Query { a: Query b: Int }');
const told = (text: string, { depth = 3, aliases = 2 } = {}): readonly string[] =>
  validate(schema, parse(text), [limitShape({ depth, aliases })]).map(({ message }) => message);

it('fields within fields are counted, through fragments too', () => {
  expect(told('{ a { a { b } } }')).toEqual([]);
  expect(told('{ a { a { a { b } } } }')).toEqual([
    'The operation is 4 levels deep, and may be 3. Ask for less at a time.',
  ]);
  expect(told('{ a { ... on Query { a { b } } } }')).toEqual([]);
  expect(
    told('{ a { ...One } } fragment One on Query { a { ...Two } } fragment Two on Query { a { b } }'),
  ).toEqual([expect.stringMatching(/^The operation is 4 levels deep/)]);
});

it('a fragment that is spread everywhere is measured once, and one that spreads itself ends', () => {
  const doubling = Array.from(
    { length: 60 },
    (_, index) => `fragment F${index} on Query { a { ...F${index + 1} } x: a { ...F${index + 1} } }`,
  );
  expect(told(`{ ...F0 } ${doubling.join(' ')} fragment F60 on Query { b }`, { aliases: 100 })).toEqual([
    expect.stringMatching(/^The operation is 61 levels deep/),
  ]);
  expect(
    told('{ ...One } fragment One on Query { a { ...Two } } fragment Two on Query { a { ...One } }'),
  ).toEqual([]);
});

it('the schema’s own fields have a limit of their own', () => {
  expect(told('{ __schema { types { fields { type { ofType { name } } } } } }')).toEqual([]);
});

it('aliases are counted over the whole text', () => {
  expect(told('{ one: b two: b }')).toEqual([]);
  expect(told('{ one: b ...F } fragment F on Query { two: b three: b }')).toEqual([
    'The operation has 3 aliases, and may have 2. Ask for less at a time.',
  ]);
});

it('the same field a thousand times is not compared with itself, wherever it is written', () => {
  const often =
    'The operation has the same fields too often, "a" 990 times: ask once for what is wanted once.';
  expect(told(`{ ${'a { b } '.repeat(990)} }`)).toContain(often);
  const fragments = Array.from({ length: 990 }, (_, index) => `fragment F${index} on Query { a { b } }`);
  expect(told(`{ ...F0 } ${fragments.join(' ')}`)).toContain(often);
  expect(told(`{ ${'a { b } '.repeat(200)} }`)).toEqual([]);
});
