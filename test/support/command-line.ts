// `tidings` as somebody at a terminal runs it: to its end, or in a terminal that stays open. stdout and stderr are kept apart.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CommandOptions {
  /** Nothing of this process's environment but PATH and HOME is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** false: whoever would read stdout has gone already. */
  readonly isRead?: boolean;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Terminal extends AsyncDisposable {
  /** Resolves with all that was printed, parsed line by line, when there are so many lines. */
  events<Event>(count: number): Promise<readonly Event[]>;
  /** Resolves when stderr holds it, for the `times`th time where that is given. */
  said(text: string, times?: number): Promise<void>;
  /** Ctrl-C unless another signal is given; resolves when it has ended. */
  interrupt(signal?: NodeJS.Signals): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

const waiting = { timeout: 20_000, interval: 20 };

export function openTerminal(
  words: readonly string[],
  { env = {}, stdin = '', isRead = true }: CommandOptions = {},
): Terminal {
  const child = spawn(process.execPath, [main, ...words], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  if (!isRead) child.stdout.destroy();
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  // A command that needs none of it may have ended before.
  child.stdin.on('error', () => {}).end(stdin);
  // `close` and not `exit`: by then everything printed has arrived.
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code) => resolve({ code, stdout, stderr })),
  );
  return {
    async events<Event>(count: number) {
      const lines = () => stdout.split('\n').slice(0, -1);
      await expect.poll(() => lines().length, waiting).toBeGreaterThanOrEqual(count);
      return lines().map((line) => JSON.parse(line) as Event);
    },
    async said(text, times = 1) {
      await expect.poll(() => (stderr.split(text).length > times ? text : stderr), waiting).toBe(text);
    },
    interrupt(signal = 'SIGINT') {
      child.kill(signal);
      return ended;
    },
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** For commands that end by themselves. */
export async function tidings(words: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  await using terminal = openTerminal(words, options);
  return await terminal.ended;
}
