// Idempotent publishing (invariant 11): the same key for the same field, workspace and publisher within 24 hours
// answers the first result, found by its reference; the same key with other content is CONFLICT.
import { createHash } from 'node:crypto';
import { TidingsError } from '../errors.ts';
import type { Queries, Statement } from '../store/store.ts';

/** How long a key is remembered. */
export const idempotencyKeyLifeMs = 24 * 3_600_000;

export interface IdempotencyClaim {
  readonly workspace: string;
  /** The mutation's name. */
  readonly field: string;
  /** Who publishes: the viewer's id. */
  readonly publisher: string;
  readonly key: string;
  /** From `toContentHash`. */
  readonly contentHash: string;
  /** Where the result of this request will stand. JSON, and never a text that may have to be scrubbed. */
  readonly reference: unknown;
}

export type Claimed = { readonly outcome: 'new' } | { readonly outcome: 'used'; readonly reference: unknown };

const insertKey: Statement = {
  name: 'insert_idempotency_key',
  text: `
    insert into idempotency_keys as kept (workspace, field, publisher, key, content_hash, reference, created_at)
    values ($1, $2, $3, $4, $5, $6::json, clock_timestamp())
    on conflict (workspace, field, publisher, key) do update
      set content_hash = excluded.content_hash, reference = excluded.reference, created_at = excluded.created_at
      where kept.created_at < clock_timestamp() - interval '${idempotencyKeyLifeMs} milliseconds'
    returning 1 as inserted`,
};

const selectKey: Statement = {
  name: 'select_idempotency_key',
  text: `
    select content_hash, reference from idempotency_keys
    where workspace = $1 and field = $2 and publisher = $3 and key = $4`,
};

/**
 * The insert waits for a concurrent request with the same key; the statement after it then sees what that one committed.
 * A key older than 24 hours is taken over.
 */
export async function claimIdempotencyKey(tx: Queries, claim: IdempotencyClaim): Promise<Claimed> {
  const { workspace, field, publisher, key, contentHash } = claim;
  const inserted = await tx.run(insertKey, [
    workspace,
    field,
    publisher,
    key,
    contentHash,
    JSON.stringify(claim.reference),
  ]);
  if (inserted.length > 0) return { outcome: 'new' };

  const [row] = await tx.run<{ content_hash: string; reference: unknown }>(selectKey, [
    workspace,
    field,
    publisher,
    key,
  ]);
  if (row === undefined) {
    throw new TidingsError('UNAVAILABLE', 'The idempotency key just expired. Try again.', {
      retryAfterMs: 100,
    });
  }
  if (row.content_hash !== contentHash) {
    throw new TidingsError(
      'CONFLICT',
      `The idempotencyKey "${key}" was used before with other content. Use a new key for a new request.`,
    );
  }
  return { outcome: 'used', reference: row.reference };
}

/** The keys are the publisher's own words, and their hashes of its contents. What it repeats from now on is done again. */
export async function forgetPublisher(
  queries: Queries,
  { workspace, publisher }: Pick<IdempotencyClaim, 'workspace' | 'publisher'>,
): Promise<void> {
  await queries.run(removeKeysOfPublisher, [workspace, publisher]);
}

const removeKeysOfPublisher: Statement = {
  name: 'remove_idempotency_keys_of_publisher',
  text: `delete from idempotency_keys where workspace = $1 and publisher = $2`,
};

/** Equal for contents that are equal as JSON, whatever the order of their keys. null is a value; undefined is absent. */
export const toContentHash = (content: object): string =>
  createHash('sha256')
    // As JSON first: a Date has no entries of its own, so that all dates would look the same.
    .update(JSON.stringify(toSorted(JSON.parse(JSON.stringify(content)))))
    .digest('base64url');

function toSorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, toSorted(inner)]),
  );
}
