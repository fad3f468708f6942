// What every mutation that publishes takes and answers beside its own.
import type { ObjectRef } from '@pothos/core';
import type { LogEntry } from '../streams/log-entry.ts';
import type { Published } from '../streams/publish-once.ts';
import type { Builder, Types } from './builder.ts';

/** Of the `idempotencyKey` of an input. */
export const idempotencyKeyDescription =
  'The same key within 24 hours publishes once and answers the first result: retry with it freely.';

/** The payload of a mutation that publishes: its entry under the name that `as` gives it, and `deduplicated`. */
export const publishedType = <Entry extends LogEntry>(
  builder: Builder,
  name: string,
  { type, as, description }: { type: ObjectRef<Types, Entry>; as: string; description: string },
): ObjectRef<Types, Published<Entry>> =>
  builder.objectRef<Published<Entry>>(name).implement({
    description: 'What was published.',
    fields: (t) => ({
      [as]: t.expose('entry', { type, description }),
      deduplicated: t.boolean({
        description: 'true where the idempotency key had been used before: nothing was published again.',
        resolve: ({ deduplicated }) => deduplicated,
      }),
    }),
  });
