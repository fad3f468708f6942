// Who was granted access to a room, and from whom it was taken. Whoever is not here enters by what their token says, or
// because the room is public.
import { pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

export const roomAccess = pgTable(
  'room_access',
  {
    workspace: text('workspace').notNull(),
    room: text('room').notNull(),
    userId: text('user_id').notNull(),
    /** The last word: `revoked` outranks the token and PUBLIC_ROOMS. */
    access: text('access', { enum: ['granted', 'revoked'] }).notNull(),
    changedAt: timestamp('changed_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workspace, table.room, table.userId] })],
);

export type RoomAccess = (typeof roomAccess.$inferSelect)['access'];
