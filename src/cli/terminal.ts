// Results go to stdout, for programs; whatever is said to people goes to stderr.

/** Resolves when it is written down. */
export const print = (line: string): Promise<void> =>
  new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve()));

export const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

/** `tidings subscribe order | head -1`: whoever reads has enough, and that is no failure. Not for servers. */
export function endWhereNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
