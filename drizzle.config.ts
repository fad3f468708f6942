// For `npm run migrations:generate`: compares the tables in the code with the migrations and writes the next one.
import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/**/*.tables.ts',
  out: './src/store/migrations',
});
