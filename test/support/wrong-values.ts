// Everything that can be wrong with a value, by its type in the schema: one mistake at a time, wherever it may be made.
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputType,
} from 'graphql';

export interface Mistake {
  /** `input.attachments.0.url` */
  readonly path: string;
  readonly title: string;
  /** The whole value with the mistake in it; undefined: left out. */
  readonly value: unknown;
}

const wrongTexts: readonly (readonly [string, unknown])[] = [
  ['empty', ''],
  ['too long', 'x'.repeat(100_000)],
  ['with NUL', 'a\u0000b'],
  ['with half a surrogate pair', '\ud83d'],
  ['an object', {}],
];

/** No value of the type, whatever it is for. */
const wrongLeaves: Readonly<Record<string, readonly (readonly [string, unknown])[]>> = {
  String: [...wrongTexts, ['a number', 7]],
  ID: wrongTexts,
  Int: [
    ['a fraction', 1.5],
    ['too large', 2 ** 31],
    ['a text', 'seven'],
  ],
  Boolean: [['a text', 'yes']],
  DateTime: [
    ['no moment', 'yesterday'],
    ['a number', 7],
    ['a day that is none', '2026-02-30T00:00:00Z'],
    ['an hour that is none', '2026-11-21T24:00:00Z'],
  ],
  JSON: [['too large', 'x'.repeat(65_536)]],
  Cursor: [['no cursor', 'nonsense']],
};

/** One mistake after the other, each alone in a value that is right otherwise. Throws where `right` leaves a place out. */
export function* mistakesIn(type: GraphQLInputType, right: unknown, path: string): Generator<Mistake> {
  if (isNonNullType(type)) {
    yield { path, title: 'null', value: null };
    yield { path, title: 'left out', value: undefined };
    return yield* mistakesIn(type.ofType, right, path);
  }
  if (isListType(type)) {
    const [first] = right as readonly unknown[];
    yield { path, title: 'a list of nothing', value: [null] };
    if (getNamedType(type).name === 'ID') {
      const crowd = Array.from({ length: 100_001 }, (_, index) => `id-${index}`);
      yield { path, title: '100,001 of them', value: crowd };
    }
    for (const mistake of mistakesIn(type.ofType, first, `${path}.0`)) {
      if (mistake.value !== undefined) yield { ...mistake, value: [mistake.value] };
    }
    return;
  }
  if (isInputObjectType(type)) {
    const fields = right as Readonly<Record<string, unknown>>;
    yield { path, title: 'with a field too many', value: { ...fields, nonsense: 1 } };
    for (const { name, type: of } of Object.values(type.getFields())) {
      if (!(name in fields)) throw new Error(`What is right for ${path} leaves ${name} out.`);
      if (fields[name] === undefined) continue;
      for (const mistake of mistakesIn(of, fields[name], `${path}.${name}`)) {
        yield { ...mistake, value: { ...fields, [name]: mistake.value } };
      }
    }
    return;
  }
  if (isEnumType(type)) return yield { path, title: 'none of them', value: 'NONSENSE' };
  const wrong = wrongLeaves[type.name];
  if (wrong === undefined) throw new Error(`Nobody has said what is wrong for ${type.name}.`);
  for (const [title, value] of wrong) yield { path, title, value };
}
