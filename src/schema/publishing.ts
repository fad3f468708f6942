// What every mutation that publishes takes and answers beside its own.
import type { FieldRef } from '@pothos/core';
import type { LogEntry } from '../streams/log-entry.ts';
import type { Published } from '../streams/publish-once.ts';
import type { Types } from './builder.ts';

/** Of the `idempotencyKey` of an input. */
export const idempotencyKeyDescription =
  'The same key within 24 hours publishes once and answers the first result: retry with it freely.';

/** `deduplicated`, of a payload that is `Published`. */
export const deduplicatedField = <Entry extends LogEntry>(
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, Published<Entry>>,
): FieldRef<Types, boolean> =>
  t.boolean({
    description: 'true where the idempotency key had been used before: nothing was published again.',
    resolve: ({ deduplicated }) => deduplicated,
  });
