// A project of somebody else's, in a temporary folder, that has installed the package as npm would publish it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Project {
  readonly folder: string;
  /** The packed package, beside it unpacked in `package/`. */
  readonly tarball: string;
  /** Answers what the command printed; throws where it failed. */
  run(command: string, ...parameters: string[]): string;
  /**
   * What the compiler says of the project's own files, and of the package's declarations; nothing of other packages'.
   * @param config tsconfig.json unless given
   */
  complaints(config?: string): string[];
  close(): void;
}

/** What the package needs is what is installed here: the registry is not asked. */
export function openProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-project-'));
  const run = (command: string, ...parameters: string[]) => runIn(folder, command, ...parameters);
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  run('npm', 'pack', root, '--ignore-scripts', '--silent');
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  run('tar', 'xzf', tarball);
  cpSync(join(folder, 'package'), join(modules, 'tidings'), { recursive: true });
  return {
    folder,
    tarball: join(folder, tarball),
    run,
    complaints: (config = 'tsconfig.json') =>
      spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', config], {
        cwd: folder,
        encoding: 'utf8',
      })
        .stdout.split('\n')
        .filter((line) => /^(?!\S*node_modules\/(?!tidings\/))\S+\.tsx?\(/.test(line)),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function runIn(cwd: string, command: string, ...parameters: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, parameters, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}
