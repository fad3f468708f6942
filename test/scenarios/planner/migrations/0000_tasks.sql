CREATE TABLE "planner_tasks" (
	"workspace" text NOT NULL,
	"id" text NOT NULL,
	"title" text NOT NULL,
	"state" text NOT NULL,
	"created_by" text NOT NULL,
	"assignee_id" text NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "planner_tasks_workspace_id_pk" PRIMARY KEY("workspace","id")
);
