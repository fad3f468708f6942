ALTER TABLE "stream_entries" ADD COLUMN "previous_event_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "stream_entries" ADD COLUMN "bytes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "stream_entries" ADD COLUMN "written_in" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "stream_heads" ADD COLUMN "previous_event_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "stream_entries_written_in" ON "stream_entries" USING btree ("written_in");--> statement-breakpoint
UPDATE "stream_entries" SET "bytes" = octet_length("payload"::text);--> statement-breakpoint
UPDATE "stream_entries" "entry" SET "previous_event_id" = "before"."event_id"
FROM "stream_entries" "before" WHERE "before"."topic" = "entry"."topic" AND "before"."number" = "entry"."number" - 1;
