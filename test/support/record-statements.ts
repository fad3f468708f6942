// What the database is asked, for tests that two answers cost the same.
import pg from 'pg';
import { vi } from 'vitest';

/**
 * What is asked at some times and not at others: of a new connection, of revoked sessions, of a clock that went on, by the job
 * that looks for broadcasts, with its transactions.
 */
const upkeep = [
  /^set idle_in_transaction_session_timeout/,
  /from session_revocations\) as known/,
  /^update stream_heads set changed_at = \$2/,
  /from "notification_broadcasts" where .*"finished_at" is null/,
  /^(begin|commit|rollback)/,
];

/** What the database is asked from now on, without the values: sorted, because some of it is asked side by side. */
export function recordStatements(): { stop(): readonly string[] } {
  const asked = vi.spyOn(pg.Client.prototype, 'query');
  return {
    stop() {
      const statements = asked.mock.calls.map(([config]: readonly unknown[]) =>
        typeof config === 'string' ? config : String((config as { readonly text?: string }).text),
      );
      asked.mockRestore();
      return statements.filter((text) => !upkeep.some((pattern) => pattern.test(text))).sort();
    },
  };
}
