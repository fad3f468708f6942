CREATE TABLE "conversation_participants" (
	"workspace" text NOT NULL,
	"conversation_id" uuid NOT NULL,
	"user_id" text NOT NULL,
	"joined_at" timestamp with time zone NOT NULL,
	"joined_number" bigint NOT NULL,
	"last_read_message_id" uuid,
	"last_read_number" bigint,
	"read_at" timestamp with time zone,
	"unread_count" integer NOT NULL,
	CONSTRAINT "conversation_participants_workspace_conversation_id_user_id_pk" PRIMARY KEY("workspace","conversation_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "conversations" (
	"workspace" text NOT NULL,
	"id" uuid NOT NULL,
	"title" text,
	"created_by" text NOT NULL,
	"client_conversation_id" text,
	"content_hash" text NOT NULL,
	"last_message_number" bigint,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "conversations_workspace_id_pk" PRIMARY KEY("workspace","id")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"workspace" text NOT NULL,
	"conversation_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"number" bigint NOT NULL,
	"sender_id" text NOT NULL,
	"body" text NOT NULL,
	"attachments" json NOT NULL,
	"client_message_id" text,
	"content_hash" text,
	"sent_at" timestamp with time zone NOT NULL,
	"edited_at" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "messages_workspace_id_pk" PRIMARY KEY("workspace","id")
);
--> statement-breakpoint
CREATE TABLE "notification_inboxes" (
	"workspace" text NOT NULL,
	"user_id" text NOT NULL,
	"unread_count" integer NOT NULL,
	CONSTRAINT "notification_inboxes_workspace_user_id_pk" PRIMARY KEY("workspace","user_id")
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"workspace" text NOT NULL,
	"id" uuid NOT NULL,
	"user_id" text NOT NULL,
	"type" text NOT NULL,
	"priority" text NOT NULL,
	"title" text NOT NULL,
	"body" text NOT NULL,
	"data" json,
	"url" text,
	"created_at" timestamp with time zone NOT NULL,
	"read_at" timestamp with time zone,
	CONSTRAINT "notifications_workspace_id_pk" PRIMARY KEY("workspace","id")
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"workspace" text NOT NULL,
	"id" text NOT NULL,
	"customer_id" text NOT NULL,
	"status" text NOT NULL,
	"payment_status" text NOT NULL,
	"total_amount" text,
	"total_currency" text,
	"item_count" integer,
	"tracking_number" text,
	"data" json,
	"timeline" json NOT NULL,
	"number" bigint NOT NULL,
	"event_id" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "orders_workspace_id_pk" PRIMARY KEY("workspace","id")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"workspace" text NOT NULL,
	"id" text NOT NULL,
	"name" text,
	"avatar_url" text,
	"last_seen_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_workspace_id_pk" PRIMARY KEY("workspace","id")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"workspace" text NOT NULL,
	"field" text NOT NULL,
	"publisher" text NOT NULL,
	"key" text NOT NULL,
	"content_hash" text NOT NULL,
	"reference" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_workspace_field_publisher_key_pk" PRIMARY KEY("workspace","field","publisher","key")
);
--> statement-breakpoint
CREATE TABLE "log_identity" (
	"key" text PRIMARY KEY NOT NULL,
	"id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stream_entries" (
	"topic" text NOT NULL,
	"number" bigint NOT NULL,
	"event_id" text NOT NULL,
	"kind" text NOT NULL,
	"subject" text,
	"payload" json NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	CONSTRAINT "stream_entries_topic_number_pk" PRIMARY KEY("topic","number")
);
--> statement-breakpoint
CREATE TABLE "stream_heads" (
	"topic" text PRIMARY KEY NOT NULL,
	"number" bigint NOT NULL,
	"event_id" text NOT NULL,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "conversations_of_user" ON "conversation_participants" USING btree ("workspace","user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_client_id" ON "conversations" USING btree ("workspace","created_by","client_conversation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_number" ON "messages" USING btree ("workspace","conversation_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_client_id" ON "messages" USING btree ("workspace","conversation_id","sender_id","client_message_id");--> statement-breakpoint
CREATE INDEX "notifications_of_user" ON "notifications" USING btree ("workspace","user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "notifications_unread" ON "notifications" USING btree ("workspace","user_id","created_at","id") WHERE "notifications"."read_at" is null;--> statement-breakpoint
CREATE INDEX "orders_of_customer" ON "orders" USING btree ("workspace","customer_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "idempotency_keys_created_at" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "stream_entries_subject" ON "stream_entries" USING btree ("topic","subject");--> statement-breakpoint
CREATE INDEX "stream_entries_occurred_at" ON "stream_entries" USING btree ("occurred_at");