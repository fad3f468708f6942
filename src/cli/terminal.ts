// Results go to stdout, for programs; whatever is said to people goes to stderr.

/** Resolves when it is written down, and never where it can not be: that ends the process. */
export const print = (line: string): Promise<void> =>
  new Promise((resolve) => {
    process.stdout.write(`${line}\n`, (error) => {
      if (error == null) resolve();
    });
  });

let lastWord: () => string | null = () => null;

/** What is said where stdout can not be written to, on a full disk: what the user would lose with what was printed. */
export function onLost(toLastWord: () => string | null): void {
  lastWord = toLastWord;
}

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
  if (error.code === 'EPIPE') process.exit(0);
  say(`error: stdout can not be written to: ${error.message}`);
  const word = lastWord();
  if (word !== null) say(word);
  process.exit(1);
}

function goOnUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
