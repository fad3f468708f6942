import { buildSchema } from 'graphql';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDocuments, type Documents } from './documents.ts';

const schema = buildSchema('type Query { a: Int } type Subscription { s: Int }');
let documents: Documents;
beforeEach(() => {
  documents = createDocuments(schema);
});

/** Valid, and of this length. */
const textOf = (length: number, number = 0): string => `{ a } #${number}`.padEnd(length, '-');

it('answers the same document for the same text, in one step or in two', () => {
  const { document } = documents.prepare('{ a }');
  expect(document).toBeDefined();
  expect(documents.prepare('{ a }').document).toBe(document);
  expect(documents.parse('{ a }')).toBe(document);
  expect(documents.validate(documents.parse('{ a }'))).toEqual([]);
  expect(documents.prepare('{  a }').document).not.toBe(document);
});

describe('what is wrong', () => {
  it('with the syntax is an error in one step, and thrown in two', () => {
    const [error] = documents.prepare('{ a').errors ?? [];
    expect(error?.message).toMatch(/^Syntax Error/);
    expect(() => documents.parse('{ a')).toThrow(error);
  });

  it('with the fields is answered in both', () => {
    const { document, errors } = documents.prepare('{ b }');
    expect(document).toBeUndefined();
    expect(errors?.map(({ message }) => message)).toEqual([
      'Cannot query field "b" on type "Query". Did you mean "a"?',
    ]);
    expect(documents.validate(documents.parse('{ b }'))).toEqual(errors);
  });

  it('is told to each in errors of their own, which they may write to', () => {
    for (const { extensions } of documents.validate(documents.parse('{ b }')))
      extensions['http'] = { status: 400 };
    expect(documents.prepare('{ b }').errors?.[0]?.extensions).toEqual({});
    expect(documents.validate(documents.parse('{ b }'))[0]?.extensions).toEqual({});
  });

  it('is said of an operation that nobody would write', () => {
    const said = (text: string) => documents.prepare(text).errors?.map(({ message }) => message);
    expect(said('{ a '.repeat(9_000))).toEqual(['The operation is nested too deeply.']);
    expect(said(`{ ${'a '.repeat(20_000)} }`)).toEqual([
      'The operation has more than 20000 tokens, which is all that it may have. Ask for less at a time.',
    ]);
  });

  it('and a subscription whose field may be left out', () => {
    const { errors } = documents.prepare('subscription { s @skip(if: true) }');
    expect(errors?.map(({ message }) => message)).toContainEqual(expect.stringMatching(/remove @skip there/));
  });
});

describe('what is kept', () => {
  it('is bounded by the length of all texts; what was unused for longest goes first', () => {
    const first = documents.parse(textOf(100));
    const second = documents.parse(textOf(16_384, 1));
    for (let number = 2; number <= 31; number += 1) documents.parse(textOf(16_384, number));
    expect(documents.parse(textOf(100))).toBe(first);
    // This one is too much.
    documents.parse(textOf(16_384, 32));
    documents.parse(textOf(16_384, 33));
    expect(documents.parse(textOf(100))).toBe(first);
    expect(documents.parse(textOf(16_384, 1))).not.toBe(second);
  });

  it('is no text that is longer than others have room', () => {
    const text = textOf(16_385);
    expect(documents.parse(text)).not.toBe(documents.parse(text));
    expect(documents.validate(documents.parse(text))).toEqual([]);
  });
});
