CREATE TABLE "session_revocations" (
	"workspace" text NOT NULL,
	"user_id" text NOT NULL,
	"revoked_at" timestamp with time zone NOT NULL,
	"number" bigint NOT NULL,
	CONSTRAINT "session_revocations_workspace_user_id_pk" PRIMARY KEY("workspace","user_id")
);
--> statement-breakpoint
CREATE TABLE "bookings" (
	"workspace" text NOT NULL,
	"id" text NOT NULL,
	"customer_id" text NOT NULL,
	"status" text NOT NULL,
	"service_name" text NOT NULL,
	"scheduled_for" timestamp with time zone,
	"data" json,
	"number" bigint NOT NULL,
	"event_id" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "bookings_workspace_id_pk" PRIMARY KEY("workspace","id")
);
--> statement-breakpoint
CREATE TABLE "notification_broadcasts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace" text NOT NULL,
	"draft" json NOT NULL,
	"filled_to" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "room_access" (
	"workspace" text NOT NULL,
	"room" text NOT NULL,
	"user_id" text NOT NULL,
	"access" text NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "room_access_workspace_room_user_id_pk" PRIMARY KEY("workspace","room","user_id")
);
--> statement-breakpoint
DROP INDEX "orders_of_customer";--> statement-breakpoint
CREATE UNIQUE INDEX "session_revocations_number" ON "session_revocations" USING btree ("number");--> statement-breakpoint
CREATE INDEX "bookings_of_customer" ON "bookings" USING btree ("workspace","customer_id","created_at","id");--> statement-breakpoint
CREATE INDEX "notification_broadcasts_unfinished" ON "notification_broadcasts" USING btree ("created_at") WHERE "notification_broadcasts"."finished_at" is null;--> statement-breakpoint
CREATE INDEX "orders_of_customer" ON "orders" USING btree ("workspace","customer_id","created_at","id");