// What arguments may hold. Each check throws BAD_USER_INPUT with a sentence that names the argument.
import { badInput, TidingsError } from '../errors.ts';

/** An id is at most so many UTF-16 units long. */
export const maxIdLength = 256;
/** A JSON value is at most so many bytes large. */
export const maxJsonBytes = 64 * 1_024;
/** And nested at most so deep. */
const maxJsonDepth = 32;

/** Stored as sent, trimmed of nothing; refused where it is too long or cannot be stored as it is. */
export function requireText(argument: string, value: string, limits: { min?: number; max: number }): string {
  const { min = 0, max } = limits;
  const length = countCharacters(value);
  if (length < min)
    throw badInput(
      `\`${argument}\` is ${length === 0 ? 'empty' : 'too short'}: it takes at least ${min} character${min === 1 ? '' : 's'}.`,
    );
  if (length > max) throw badInput(`\`${argument}\` has ${length} characters: it takes at most ${max}.`);
  requireStorable(argument, value);
  return value;
}

/** What others are shown: not blank either. */
export function requireName(argument: string, value: string): string {
  requireText(argument, value, { min: 1, max: 256 });
  if (value.trim() === '') throw badInput(`\`${argument}\` is blank: it takes something that can be seen.`);
  return value;
}

export const optionalText = (
  argument: string,
  value: string | null | undefined,
  limits: { min?: number; max: number },
) => (value === null || value === undefined ? null : requireText(argument, value, limits));

export const requireId = (argument: string, value: string): string =>
  requireText(argument, value, { min: 1, max: maxIdLength });

/**
 * Whether it is a UUID in its one canonical spelling, as ids that this server makes are: any other id simply isn't found. (The
 * database would take upper case as well, and a topic spelled with it would be another, silent stream.)
 */
export const isUuid = (id: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id);

export const optionalIdempotencyKey = (value: string | null | undefined): string | null =>
  optionalText('idempotencyKey', value, { min: 1, max: 256 });

/** Without repetitions, in the order given. */
export function requireIds(
  argument: string,
  values: readonly string[],
  limits: { min?: number; max: number },
): string[] {
  const { min = 1, max } = limits;
  if (values.length < min) throw badInput(`\`${argument}\` is empty: name at least ${min}.`);
  if (values.length > max)
    throw badInput(`\`${argument}\` holds ${values.length} ids: it takes at most ${max} at a time.`);
  return [...new Set(values.map((value) => requireId(argument, value)))];
}

/** The size of a page. */
export function requireFirst(
  value: number | null | undefined,
  { fallback, max }: { fallback: number; max: number },
): number {
  const first = value ?? fallback;
  if (first < 1 || first > max) throw badInput(`\`first\` is ${first}: it takes 1 to ${max}.`);
  return first;
}

export function requireHttpsUrl(argument: string, value: string): string {
  requireUrlText(argument, value);
  if (!URL.canParse(value) || new URL(value).protocol !== 'https:') {
    throw badInput(`\`${argument}\` is no https address, like https://example.com/path.`);
  }
  return value;
}

/** Of an address or of a path. Some of what is refused a URL parser would take out before anybody looks at it. */
export function requireUrlText(argument: string, value: string): string {
  requireText(argument, value, { min: 1, max: 2_048 });
  if (/[\s\p{Cc}]/u.test(value)) {
    throw badInput(`\`${argument}\` holds white space or control characters: encode them, a space as %20.`);
  }
  return value;
}

/** Any JSON value that can be stored as it is. null and undefined answer null. */
export function optionalJson(argument: string, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  requireStorableJson(argument, value, 0);
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > maxJsonBytes) {
    throw new TidingsError(
      'PAYLOAD_TOO_LARGE',
      `\`${argument}\` has ${bytes} bytes as JSON: it takes at most ${maxJsonBytes}.`,
    );
  }
  return value;
}

function requireStorableJson(argument: string, value: unknown, depth: number): void {
  if (depth > maxJsonDepth) throw badInput(`\`${argument}\` is nested deeper than ${maxJsonDepth} levels.`);
  if (typeof value === 'string') requireStorable(argument, value);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw badInput(`\`${argument}\` holds a number that JSON cannot hold.`);
  if (value === null || typeof value !== 'object') return;
  for (const [key, inner] of Object.entries(value)) {
    requireStorable(argument, key);
    requireStorableJson(argument, inner, depth + 1);
  }
}

/** PostgreSQL stores any text but NUL; half a surrogate pair is no Unicode and would come back as another character. */
function requireStorable(argument: string, value: string): void {
  if (!value.isWellFormed())
    throw badInput(`\`${argument}\` is not valid Unicode: it holds half of a surrogate pair.`);
  if (value.includes('\u0000'))
    throw badInput(`\`${argument}\` holds a NUL character, which can not be stored.`);
}

/** Unicode code points, as people count them more nearly than UTF-16 units. */
function countCharacters(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}
