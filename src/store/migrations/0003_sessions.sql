CREATE TABLE "session_revocations" (
	"workspace" text NOT NULL,
	"user_id" text NOT NULL,
	"revoked_at" timestamp with time zone NOT NULL,
	"number" bigint NOT NULL,
	CONSTRAINT "session_revocations_workspace_user_id_pk" PRIMARY KEY("workspace","user_id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "session_revocations_number" ON "session_revocations" USING btree ("number");