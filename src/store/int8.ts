// BIGINT as a JavaScript number, for the queries of this store alone: pg's global parsers stay as others expect them.
import pg from 'pg';

const int8 = 20;
const int8Array = 1016;

type Types = NonNullable<pg.QueryConfig['types']>;

/**
 * The same query, with BIGINT columns (and count(*)) read as numbers. Set per query because drizzle brings a parser
 * table of its own with each query, which outranks the connection's.
 */
export function parsingInt8(config: pg.QueryConfig): pg.QueryConfig {
  const others: Types = config.types ?? pg.types;
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
      oid === int8 ? toSafeInteger : oid === int8Array ? parseArray : others.getTypeParser(oid, format),
  };
  return { ...config, types: types };
}

/** Rejects the query rather than answer a number that is off by a little. */
function toSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`BIGINT ${text} is too large for a number: cast it to text.`);
  return value;
}

/** pg's own reading of an int8[]: an array of texts. */
const parseTexts: unknown = (pg.types as { getTypeParser(oid: number): unknown }).getTypeParser(int8Array);

function parseArray(text: string): (number | null)[] {
  return (parseTexts as (text: string) => (string | null)[])(text).map((value) =>
    value === null ? null : toSafeInteger(value),
  );
}
