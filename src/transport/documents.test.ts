import { buildSchema } from 'graphql';
import { beforeEach, describe, expect, it } from 'vitest';
import { defaultQueryLimits } from '../config.ts';
import { createDocuments, findRefused, type Documents, type DocumentsOptions } from './documents.ts';
import { createPersistedOperations } from './persisted-operations.ts';

const schema = buildSchema('type Query { a: Int } type Subscription { s: Int }');
const options: DocumentsOptions = { limits: defaultQueryLimits, introspection: true, persisted: null };
let documents: Documents;
beforeEach(() => {
  documents = createDocuments(schema, options);
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
    expect(said(`{ ${'a '.repeat(4_000)} }`)).toEqual([
      'The operation has more than 4000 tokens, which is all that it may have. Ask for less at a time.',
    ]);
    expect(said(`{ ${'a'.repeat(20_000)} }`)).toEqual([
      'The operation is 20004 characters long, and may be 16384. Give what is long in it as variables.',
    ]);
    expect(said(`{ ${Array.from({ length: 60 }, (_, index) => `a${index}: a`).join(' ')} }`)).toEqual([
      'The operation has 60 aliases, and may have 50. Ask for less at a time.',
    ]);
  });

  it('and of one that exhausts the stack, where so much is allowed', () => {
    const limits = { ...defaultQueryLimits, tokens: 100_000, length: 1_000_000 };
    const { errors } = createDocuments(schema, { ...options, limits }).prepare('{ a '.repeat(20_000));
    expect(errors?.map(({ message }) => message)).toEqual(['The operation is nested too deeply.']);
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

  it('is no text that may not be that long', () => {
    const { errors } = documents.prepare(textOf(16_385));
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(documents.prepare(textOf(16_384, 1)).errors).toBeUndefined();
  });
});

describe('what the server does not carry out', () => {
  it('is told where the schema is not for everybody', () => {
    const closed = createDocuments(schema, { ...options, introspection: false });
    expect(closed.prepare('{ __schema { types { name } } }').errors?.map(({ message }) => message)).toEqual([
      'This server does not answer introspection: "__schema" can be asked for where INTROSPECTION=on allows it.',
    ]);
    expect(closed.prepare('{ __typename }').errors).toBeUndefined();
    expect(documents.prepare('{ __schema { types { name } } }').errors).toBeUndefined();
  });

  it('is whatever is on no list, where there is one', () => {
    const persisted = createPersistedOperations({ A: 'query A { a }' });
    const listed = createDocuments(schema, { ...options, persisted });
    expect(listed.prepare('query A {\n  a # as it was formatted\n}').errors).toBeUndefined();
    expect(listed.prepare('{ a }').errors).toMatchObject([
      {
        message: expect.stringMatching(/only the operations on its list/) as string,
        originalError: { code: 'BAD_USER_INPUT' },
      },
    ]);
    expect(listed.prepare('"').errors?.[0]?.message).toMatch(/on its list/);
  });

  it('is nothing of what is listed for its length, and what is listed in vain is told', () => {
    const long = textOf(20_000);
    const persisted = createPersistedOperations({ long, wrong: 'query B { b }' });
    const listed = createDocuments(schema, { ...options, persisted });
    expect(listed.prepare(long).errors).toBeUndefined();
    expect(listed.prepare(textOf(20_000, 1)).errors).toBeUndefined(); // a comment apart
    const [tooLong] = listed.prepare(textOf(20_001)).errors ?? [];
    expect(tooLong?.originalError).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(findRefused(persisted, listed)).toEqual([
      { id: 'wrong', reason: expect.stringContaining('Cannot query field "b"') as string },
    ]);
  });
});
