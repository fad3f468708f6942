// The map's import rule, proven on broken examples and then asked of the real tree.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type File, findOffences, formatOffence } from './support/import-rule.ts';
import { readReferences } from './support/read-references.ts';

/** The offences of one made-up file, as they are shown. */
const offencesOf = (path: string, ...lines: string[]): string[] =>
  findOffences([{ path, text: lines.join('\n') }]).map(formatOffence);

describe('the import rule', () => {
  test('lets a file import from its own folder, from the floors below and from packages', () => {
    const offences = offencesOf(
      'src/streams/tail.ts',
      `import { readFile } from 'node:fs/promises';`,
      `import { sql } from 'drizzle-orm';`,
      `import { Cursor } from './cursor.ts';`,
      `import type { Broker } from '../engines/engine.ts';`,
      `import type { Store } from '../store/store.ts';`,
      `import { TidingsError } from '../errors.ts';`,
    );
    expect(offences).toEqual([]);
  });

  test('names file, line and import where a lower floor imports a higher one', () => {
    const offences = offencesOf(
      'src/streams/tail.ts',
      `import './cursor.ts';`,
      `import { yoga } from '../transport/http.ts';`,
    );
    expect(offences).toEqual([
      "src/streams/tail.ts:2 imports '../transport/http.ts': streams/ stands below transport/; " +
        'declare what it needs as a small interface and be handed it.',
    ]);
  });

  test.each([
    ['a static import', `import { app } from '../app.ts';`],
    ['an import for its effects', `import '../app.ts';`],
    ['a type import', `import type { App } from '../app.ts';`],
    ['a re-export', `export { app } from '../app.ts';`],
    ['a re-export of everything', `export * from '../app.ts';`],
    ['a re-export of types', `export type { App } from '../app.ts';`],
    ['a dynamic import', `const { app } = await import('../app.ts');`],
    ['a dynamic import in a template', 'const { app } = await import(`../app.ts`);'],
    ['an import in a type', `type App = import('../app.ts').App;`],
    ['a require', `const { app } = require('../app.ts');`],
    ['an import by assignment', `import app = require('../app.ts');`],
    ['the file of a worker', `new Worker(new URL('../app.ts', import.meta.url));`],
    ['the name of the compiled file', `import { app } from '../app.js';`],
  ])('sees %s', (_what, line) => {
    expect(offencesOf('src/streams/tail.ts', line)).toEqual([
      expect.stringContaining('src/streams/tail.ts:1 imports'),
    ]);
  });

  test('is not misled by comments and strings', () => {
    expect(
      offencesOf(
        'src/store/store.ts',
        `// import '../app.ts'`,
        `const text = "import '../app.ts'; process.env.HOST";`,
      ),
    ).toEqual([]);
  });

  test('keeps config.ts and errors.ts on the ground floor', () => {
    expect(offencesOf('src/config.ts', `import { badInput } from './errors.ts';`)).toEqual([]);
    expect(offencesOf('src/errors.ts', `import type { Store } from './store/store.ts';`)).toEqual([
      expect.stringContaining('errors.ts stands below store/'),
    ]);
  });

  test('lets only app.ts, maintenance.ts and the package entry name concrete engines and stores', () => {
    for (const entry of ['src/app.ts', 'src/maintenance.ts', 'src/index.ts']) {
      expect(
        offencesOf(entry, `import './engines/redis/redis-engine.ts';`, `import './store/open-store.ts';`),
      ).toEqual([]);
    }
    expect(offencesOf('src/engines/redis/broker.ts', `import './connection.ts';`)).toEqual([]);
    expect(
      offencesOf(
        'src/streams/tail.ts',
        `import { createMemoryEngine } from '../engines/memory/memory-engine.ts';`,
        `import { openStore } from '../store/open-store.ts';`,
      ),
    ).toEqual([
      expect.stringContaining('the contract in engines/engine.ts'),
      expect.stringContaining('the contract in store/store.ts'),
    ]);
    expect(offencesOf('src/cli/dev.ts', `import { openStore } from '../store/open-store.ts';`)).toEqual([
      expect.stringContaining('Only app.ts and maintenance.ts name concrete engines and stores'),
    ]);
  });

  test('keeps server code out of what users install', () => {
    expect(offencesOf('src/client/client.ts', `import type { ErrorCode } from '../errors.ts';`)).toEqual([
      "src/client/client.ts:1 imports '../errors.ts': client/ is installed in users' own code and imports only from its own folder.",
    ]);
    expect(offencesOf('src/publisher/publisher.ts', `import '../streams/topic.ts';`)).toHaveLength(1);
  });

  test('lets the testing kit start a server by the package’s entry, and know nothing of its inside', () => {
    const path = 'src/testing/start-tidings.ts';
    expect(
      offencesOf(
        path,
        `import '../index.ts';`,
        `import '../publisher/index.ts';`,
        `import '../client/a.ts';`,
      ),
    ).toEqual([]);
    expect(offencesOf(path, `import '../app.ts';`)).toEqual([
      `${path}:1 imports '../app.ts': testing/ is installed in users' own code and imports only from its own folder, ` +
        'client/, publisher/, index.ts.',
    ]);
    expect(offencesOf(path, `import '../streams/tail.ts';`)).toHaveLength(1);
    expect(offencesOf('src/publisher/publisher.ts', `import '../index.ts';`)).toHaveLength(1);
    expect(offencesOf('src/client/client.ts', `import '../index.ts';`)).toHaveLength(1);
  });

  test('lets react and the publisher stand on the client, and the client on nothing', () => {
    expect(offencesOf('src/react/hooks.tsx', `import { Order } from '../client/generated.ts';`)).toEqual([]);
    expect(
      offencesOf('src/publisher/publisher.ts', `import { Publish } from '../client/generated.ts';`),
    ).toEqual([]);
    expect(offencesOf('src/client/client.ts', `import '../react/hooks.tsx';`)).toHaveLength(1);
    expect(offencesOf('src/publisher/publisher.ts', `import '../react/hooks.tsx';`)).toHaveLength(1);
  });

  test('keeps what users install out of the server, but for the commands', () => {
    expect(offencesOf('src/modules/orders/orders.service.ts', `import '../../client/client.ts';`)).toEqual([
      expect.stringContaining("client/ is for users' own code"),
    ]);
    expect(offencesOf('src/cli/tail.ts', `import '../client/client.ts';`)).toEqual([]);
  });

  test('reads process.env in the commands only, in whichever way it is written', () => {
    const ways = [
      'process.env.PORT;',
      `process['env'];`,
      'globalThis.process.env;',
      'const { env } = process;',
      'const { env: variables } = process;',
      `import { env } from 'node:process';`,
      `import { env as variables } from 'process';`,
    ];
    expect(offencesOf('src/cli/main.ts', ...ways)).toEqual([]);
    expect(offencesOf('src/config.ts', ...ways)).toEqual(
      ways.map((_way, index) => expect.stringContaining(`src/config.ts:${index + 1} reads process.env`)),
    );
    expect(
      offencesOf('src/config.ts', 'process.exit;', 'settings.env;', `import { exit } from 'node:process';`),
    ).toEqual([]);
  });

  test('lets unit tests use test/ and concrete engines, but no higher floor', () => {
    const path = 'src/streams/tail.test.ts';
    expect(
      offencesOf(
        path,
        `import '../../test/support/redis.ts';`,
        `import '../engines/memory/memory-engine.ts';`,
      ),
    ).toEqual([]);
    expect(offencesOf(path, `import '../fanout/audience.ts';`)).toHaveLength(1);
    expect(offencesOf('src/errors.test.ts', `import './errors.ts';`)).toEqual([]);
  });

  test('keeps source files from reaching out of src/, and from importing the package by its name', () => {
    expect(
      offencesOf('src/app.ts', `import '../test/support/redis.ts';`, `import 'tidings/client';`),
    ).toHaveLength(2);
  });

  test('asks for a place on the map', () => {
    expect(offencesOf('src/utils/misc.ts', '')).toEqual([
      expect.stringContaining('src/utils/misc.ts:1 is not on the map'),
    ]);
    expect(offencesOf('src/app.ts', `import './utils/misc.ts';`)).toEqual([
      expect.stringContaining('src/utils/misc.ts has no place on the map'),
    ]);
  });
});

test('the source keeps the import rule', () => {
  const files = readSource();
  expect(files.length).toBeGreaterThan(0);
  expect(findOffences(files).map(formatOffence)).toEqual([]);
});

test('the demo app takes of the source what users install, and nothing else', () => {
  const files = readSource('web');
  expect(files.length).toBeGreaterThan(0);
  const taken = files.flatMap(({ path, text }) =>
    readReferences(path, text)
      .imports.filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => posix.join(posix.dirname(path), specifier))
      .filter((target) => !target.startsWith('web/')),
  );
  expect([...new Set(taken)].sort()).toEqual([
    'src/client/index.ts',
    'src/publisher/index.ts',
    'src/react/index.ts',
  ]);
});

function readSource(folder = 'src'): File[] {
  const root = join(import.meta.dirname, '..');
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((entry) => `${folder}/${entry.replaceAll('\\', '/')}`)
    .filter((path) => /\.tsx?$/.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

describe('a module of one’s own', () => {
  const source = new URL('../src/', import.meta.url);
  const importPattern = /^(?:import|export) (?:type )?\{([^}]*)\} from '(\.[^']*)'/gm;
  const everythingPattern = /^export \* from '(\.[^']*)'/gm;
  /** `auth/viewer.ts#isStaff` for everything that the file takes, or passes on, from other files by name. */
  const namesIn = (path: string) =>
    [...readFileSync(new URL(path, source), 'utf8').matchAll(importPattern)].flatMap(
      ([, list = '', from = '']) => {
        const file = new URL(from, new URL(path, source)).pathname.slice(source.pathname.length);
        const names = list.split(',').map((name) =>
          name
            .trim()
            .replace(/^type /, '')
            .replace(/ as .*$/, ''),
        );
        return names.filter((name) => name !== '').map((name) => `${file}#${name}`);
      },
    );

  test('has everything that the built-in ones take from outside of their folders', () => {
    const index = readFileSync(new URL('index.ts', source), 'utf8');
    const whole = [...index.matchAll(everythingPattern)].map(([, from = '']) => from.slice('./'.length));
    const exported = new Set(namesIn('index.ts'));
    const modules = readdirSync(new URL('modules/', source), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.includes('/') && file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => `modules/${file}`);
    const taken = modules.flatMap((file) => {
      const folder = file.slice(0, file.lastIndexOf('/') + 1);
      return namesIn(file).filter((name) => !name.startsWith(folder));
    });
    expect(taken.length).toBeGreaterThan(100);
    const missing = taken.filter(
      (name) => !exported.has(name) && !whole.includes(name.slice(0, name.indexOf('#'))),
    );
    expect([...new Set(missing)].sort()).toEqual([]);
  });
});
