ALTER TABLE "stream_entries" ADD COLUMN "written_in" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "stream_heads" ADD COLUMN "previous_event_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "stream_entries_written_in" ON "stream_entries" USING btree ("written_in");