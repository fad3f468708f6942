// Writes the migrations of the planner's own tables: npx drizzle-kit generate --config test/scenarios/planner/drizzle.config.ts
import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './test/scenarios/planner/tasks.ts',
  out: './test/scenarios/planner/migrations',
});
