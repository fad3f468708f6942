import type { SessionEnd } from './socket-session.ts';

/** What the end of a socket means for the next one. */
export type Verdict =
  | 'again'
  /** Only with another token than the one that was refused. */
  | 'another-token'
  /** It would probably be refused in the same way. */
  | 'final';

/** Codes by which either side says that it does not understand the other: docs/close-codes.md lists all. */
const misunderstandings: ReadonlySet<number> = new Set([
  1002, 1003, 1007, 1008, 1009, 1010, 4004, 4400, 4406, 4409, 4429,
]);

export function toVerdict({ code }: SessionEnd): Verdict {
  if (code === 4401 || code === 4403) return 'another-token';
  return code !== null && misunderstandings.has(code) ? 'final' : 'again';
}
