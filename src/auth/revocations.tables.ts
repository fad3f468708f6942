// Whose sessions were revoked, and when: tokens issued before that moment are refused.
import { bigint, pgTable, primaryKey, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';

export const sessionRevocations = pgTable(
  'session_revocations',
  {
    workspace: text('workspace').notNull(),
    userId: text('user_id').notNull(),
    revokedAt: timestamp('revoked_at', { withTimezone: true }).notNull(),
    /** Grows with each revocation: whoever has read up to one asks for those after it. */
    number: bigint('number', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.userId] }),
    uniqueIndex('session_revocations_number').on(table.number),
  ],
);
