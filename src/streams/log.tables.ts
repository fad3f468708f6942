// The log's tables: one row for the log's id, one head per stream, one row per entry, and the idempotency keys.
import { sql } from 'drizzle-orm';
import {
  bigint,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import { jsonColumn } from '../store/json-column.ts';

/** A transaction's id as the database counts them: never reused, unlike `xid`. Text to us. */
const transactionId = customType<{ data: string }>({ dataType: () => 'xid8' });

export const logIdentity = pgTable('log_identity', {
  /** Always 'log': there is one row. */
  key: text('key').primaryKey(),
  id: text('id').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

/** Outlives the entries, so that retention never reuses a number. Its row lock orders all writers of the stream. */
export const streamHeads = pgTable('stream_heads', {
  topic: text('topic').primaryKey(),
  number: bigint('number', { mode: 'number' }).notNull(),
  eventId: text('event_id').notNull(),
  /** Of the event before it; '' for the first. */
  previousEventId: text('previous_event_id').notNull().default(''),
  changedAt: timestamp('changed_at', { withTimezone: true }).notNull(),
});

export const streamEntries = pgTable(
  'stream_entries',
  {
    topic: text('topic').notNull(),
    number: bigint('number', { mode: 'number' }).notNull(),
    eventId: text('event_id').notNull(),
    /** Of the event before it, which retention may have removed; '' for the first. */
    previousEventId: text('previous_event_id').notNull().default(''),
    kind: text('kind', { enum: ['event', 'control'] }).notNull(),
    /** What the entry is about, by id, where its texts may have to be scrubbed later: a message. */
    subject: text('subject'),
    payload: jsonColumn('payload').notNull(),
    /** Of the payload as it was written, so that a page can be bounded without reading them. */
    bytes: integer('bytes').notNull().default(0),
    occurredAt: timestamp('occurred_at', { withTimezone: true }).notNull(),
    /** Tells what has been committed since a snapshot, whatever the order in which transactions began and ended. */
    writtenIn: transactionId('written_in')
      .notNull()
      .default(sql`pg_current_xact_id()`),
  },
  (table) => [
    primaryKey({ columns: [table.topic, table.number] }),
    index('stream_entries_written_in').on(table.writtenIn),
    index('stream_entries_subject').on(table.topic, table.subject),
    index('stream_entries_occurred_at').on(table.occurredAt),
  ],
);

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    workspace: text('workspace').notNull(),
    field: text('field').notNull(),
    publisher: text('publisher').notNull(),
    key: text('key').notNull(),
    contentHash: text('content_hash').notNull(),
    /** Where the first result stands; never the text of it. */
    reference: jsonColumn('reference').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.workspace, table.field, table.publisher, table.key] }),
    index('idempotency_keys_created_at').on(table.createdAt),
  ],
);
