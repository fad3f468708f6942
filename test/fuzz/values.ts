// Values that programs stumble over, by the type that is asked for: right ones, nearly right ones, and others.
import fc from 'fast-check';
import { isEnumType, isInputObjectType, isListType, isNonNullType, type GraphQLInputType } from 'graphql';

/** Of what there is, or may be: some of it exists. */
const names = [
  'alice',
  'bob',
  'nobody',
  'order-1',
  'room-1',
  'public:lobby',
  '__proto__',
  'constructor',
  '*',
  '0',
];

const strangeTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud83d',
  '\udc00\ud800',
  '\ufeff',
  '\u202etxt.exe',
  '\u0085\u2028\u2029',
  'e\u0301',
  '👩‍👩‍👧‍👦',
  'İıſß',
  '../../etc/passwd',
  "'; drop table messages; --",
  '%00%2f%5c',
  '{{7*7}}${7*7}',
  '<script>alert(1)</script>',
  'javascript:alert(1)',
  'https://files.example/a?b=c#d',
  'https://user:password@[::1]:99999/',
  '//evil.example',
  'NaN',
  'null',
  'true',
  '1e999',
  '-0',
  'x'.repeat(257),
  '😀'.repeat(10_001),
  'x'.repeat(70_000),
  '\\'.repeat(100),
  '"'.repeat(100),
];

const text = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...names) },
  { weight: 3, arbitrary: fc.constantFrom(...strangeTexts) },
  { weight: 1, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
);

const number = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    20,
    100,
    101,
    500,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53,
    -(2 ** 63),
    1.5,
    1e308,
    5e-324,
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const moment = fc.oneof(
  fc.constantFrom(
    '2026-12-01T10:00:00Z',
    '2026-12-01T10:00:00.123456789Z',
    '2026-12-01T10:00:00+14:00',
    '2026-12-01T23:59:60Z',
    '2026-02-30T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00-23:59',
    '9999-12-31T23:59:59.999Z',
    '10000-01-01T00:00:00Z',
    '+275760-09-13T00:00:00.000Z',
    '-271821-04-20T00:00:00.000Z',
    '2026-12-01',
    'Infinity',
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);

const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

/** Whatever JSON can say. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 2, arbitrary: text },
  { weight: 1, arbitrary: number },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      null,
      deep(20),
      deep(500),
      JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
      { '\0': 1, '': 2, '\ud83d': 3 },
      Array.from({ length: 2_000 }, () => 0),
      'x'.repeat(70_000),
    ),
  },
);

/** Places of streams that exist are put in where they are known. */
const cursor = (cursors: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    text,
    ...(cursors.length === 0 ? [] : [fc.constantFrom(...cursors), fc.constantFrom(...cursors).map(maim)]),
    fc.base64String({ maxLength: 200 }),
  );
const maim = (valid: string): string =>
  Buffer.from(
    Buffer.from(valid, 'base64url').map((byte, place) => (place % 7 === 3 ? byte ^ 1 : byte)),
  ).toString('base64url');

export interface Known {
  readonly ids: readonly string[];
  readonly cursors: readonly string[];
}

/** Mostly of the type, so that it comes as far as the services; undefined: left out. */
export function valueOf(type: GraphQLInputType, known: Known): fc.Arbitrary<unknown> {
  const right = rightFor(type, known);
  const most = { weight: 12, arbitrary: right };
  const wrong = { weight: 1, arbitrary: anyJson };
  if (isNonNullType(type)) return fc.oneof(most, wrong);
  return fc.oneof(most, wrong, {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(undefined, undefined, null),
  });
}

function rightFor(type: GraphQLInputType, known: Known): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return rightFor(type.ofType, known);
  if (isListType(type)) {
    const one = valueOf(type.ofType, known);
    return fc.oneof(
      { weight: 6, arbitrary: fc.array(one, { maxLength: 4 }) },
      { weight: 1, arbitrary: one },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          [],
          Array.from({ length: 501 }, (_, index) => `user-${index}`),
        ),
      },
    );
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).map(
      (field) => [field.name, valueOf(field.type, known)] as const,
    );
    return fc.record(Object.fromEntries(fields));
  }
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name));
  if (type.name === 'Int' || type.name === 'Float') return number;
  if (type.name === 'Boolean') return fc.boolean();
  if (type.name === 'DateTime') return moment;
  if (type.name === 'JSON') return anyJson;
  if (type.name === 'Cursor') return cursor(known.cursors);
  if (type.name === 'ID' && known.ids.length > 0) {
    return fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...known.ids) }, { weight: 1, arbitrary: text });
  }
  return text;
}
