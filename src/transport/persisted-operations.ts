// The list of the only operations that are carried out, where there is one: their texts by id, as graphql-codegen writes them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GraphQLError, stripIgnoredCharacters } from 'graphql';
import { z } from 'zod';
import { badInput, type TidingsError } from '../errors.ts';

export interface PersistedOperations {
  /** As they are listed. */
  readonly textsById: ReadonlyMap<string, string>;
  /** Characters of the longest text. */
  readonly longest: number;
  /** The text behind the id, or the hash, that a request names. Throws BAD_USER_INPUT where it is on no list. */
  find(id: string): string;
  /** Throws BAD_USER_INPUT where the text is on the list by no id. */
  require(text: string): void;
}

/** What Apollo's and urql's clients send. */
const hashed = z.object({ extensions: z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) }) });

/**
 * The text of the operation that a request or a `subscribe` message names in place of one, by `documentId` or by its hash; null
 * where it names none. Throws BAD_USER_INPUT where there is no such operation, or no list.
 */
export function namedTextOf(params: object, persisted: PersistedOperations | null): string | null {
  const { documentId = null } = params as { readonly documentId?: unknown };
  if (documentId === null) {
    const { data } = hashed.safeParse(params);
    return data === undefined || persisted === null
      ? null
      : persisted.find(data.extensions.persistedQuery.sha256Hash);
  }
  if (persisted === null) throw badInput(noList);
  if (typeof documentId !== 'string') throw badInput('`documentId` must be a text, like "me-1".');
  return persisted.find(documentId);
}

const noList =
  'This server has no list of operations (PERSISTED_OPERATIONS) in which a `documentId` could be looked up: send the text ' +
  'of the operation as `query`.';

const list = z.record(z.string().min(1), z.string().min(1));

/** Throws with a sentence for whoever starts the server. */
export function readPersistedOperations(file: string): PersistedOperations {
  const refuse = (why: string): Error =>
    new Error(
      `PERSISTED_OPERATIONS names ${file}, ${why}. It must be a JSON file like { "<id>": "query Me { viewer { id } }" }.`,
    );
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw refuse(`which can not be read: ${(error as Error).message}`);
  }
  const parsed = list.safeParse(json);
  if (!parsed.success) throw refuse(`which is no list of texts by id: ${z.prettifyError(parsed.error)}`);
  try {
    return createPersistedOperations(parsed.data);
  } catch (error) {
    throw refuse(`in which an operation can not be parsed: ${(error as Error).message}`);
  }
}

export function createPersistedOperations(texts: Readonly<Record<string, string>>): PersistedOperations {
  const textsById: ReadonlyMap<string, string> = new Map(Object.entries(texts));
  const byId = new Map(textsById);
  const stripped = new Set<string>();
  for (const text of byId.values()) stripped.add(stripIgnoredCharacters(text));
  // Whatever the ids are: clients that hash do it by themselves.
  for (const text of Object.values(texts)) byId.set(createHash('sha256').update(text).digest('hex'), text);
  return {
    textsById,
    longest: Math.max(0, ...Object.values(texts).map(({ length }) => length)),
    find(id) {
      const text = byId.get(id);
      if (text === undefined) throw notListed();
      return text;
    },
    require(text) {
      if (!stripped.has(strip(text))) throw notListed();
    },
  };
}

/** What can not be read is on no list. */
function strip(text: string): string {
  try {
    return stripIgnoredCharacters(text);
  } catch (error) {
    if (error instanceof GraphQLError) return '';
    throw error;
  }
}

const notListed = (): TidingsError =>
  badInput(
    'This server carries out only the operations on its list (PERSISTED_OPERATIONS), and this is none of them: add it there, or ' +
      'send one that is.',
  );
