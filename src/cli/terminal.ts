// Results go to stdout, for programs; whatever is said to people goes to stderr.

/** Resolves when it is written down. */
export const print = (line: string): Promise<void> =>
  new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve()));

export const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

/**
 * For every command: `tidings subscribe order | head -1`. Whoever reads has enough, and that is no failure. What people are
 * told may go unread.
 */
export function endWhereNobodyReads(): void {
  process.stdout.on('error', endUnread);
  process.stderr.on('error', goOnUnread);
}

/** For servers: they do not live from what they print. */
export function goOnWhereNobodyReads(): void {
  process.stdout.off('error', endUnread).on('error', goOnUnread);
}

function endUnread(error: NodeJS.ErrnoException): void {
  goOnUnread(error);
  process.exit(0);
}

function goOnUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
