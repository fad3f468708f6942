// Everyone a workspace has seen.
import { pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

export const users = pgTable(
  'users',
  {
    workspace: text('workspace').notNull(),
    id: text('id').notNull(),
    /** null until a token or upsertUsers has told. */
    name: text('name'),
    avatarUrl: text('avatar_url'),
    /** When that was told: by a token when it was issued, by upsertUsers when it was called. */
    toldAt: timestamp('told_at', { withTimezone: true }),
    /** When the user's last presence session ended. */
    lastSeenAt: timestamp('last_seen_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workspace, table.id] })],
);
