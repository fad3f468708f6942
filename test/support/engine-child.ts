// A node in a process of its own, so that it can die or freeze as nodes do: without a word.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PresenceSession, PresenceSetting } from '../../src/engines/engine.ts';
import type { EngineProcessAnswer, EngineProcessCommand, EngineProcessOptions } from './engine-process.ts';

export interface EngineChild extends AsyncDisposable {
  track(session: PresenceSession): Promise<void>;
  set(session: PresenceSession, setting: PresenceSetting): Promise<void>;
  /** What its engine told its owner. */
  readonly gone: readonly string[];
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export async function startEngineChild(options: EngineProcessOptions): Promise<EngineChild> {
  const program = fileURLToPath(new URL('./engine-process.ts', import.meta.url));
  const child = fork(program, [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
  const gone: string[] = [];
  const waiting = new Map<number, () => void>();
  let commands = 0;

  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (answer: EngineProcessAnswer) => {
      if ('ready' in answer) resolve();
      else if ('gone' in answer) gone.push(answer.gone);
      else waiting.get(answer.done)?.();
    });
    child.once('exit', (code) => reject(new Error(`The node ended with ${code} before it was ready.`)));
  });

  const ask = (command: EngineProcessCommand): Promise<void> =>
    new Promise((resolve) => {
      waiting.set(command.id, resolve);
      child.send(command);
    });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };

  await ready;
  return {
    gone,
    track: (session) => ask({ id: ++commands, track: session }),
    set: (session, setting) => ask({ id: ++commands, set: session, setting }),
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    [Symbol.asyncDispose]: kill,
  };
}
