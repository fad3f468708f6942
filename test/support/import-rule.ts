// The map's import rule as a pure function: src/ is a house of floors, and a file imports only from its own floor
// and from floors below. test/architecture.test.ts runs it on the real tree.
import { posix } from 'node:path';
import { readReferences } from './read-references.ts';

/** Top to bottom. Change it together with the map in the architecture page. */
const floors: readonly (readonly string[])[] = [
  ['cli'],
  ['app.ts', 'maintenance.ts', 'index.ts'],
  ['transport'],
  ['fanout'],
  ['modules'],
  ['schema'],
  ['auth'],
  ['streams'],
  ['engines'],
  ['store'],
  ['config.ts', 'settings.ts', 'redis-url.ts', 'errors.ts'],
];

/**
 * What users install in their own code, each with what it stands on. None of them imports server code, but for the testing
 * kit: it starts a server, by the package's own entry.
 */
const kits: ReadonlyMap<string, readonly string[]> = new Map([
  ['client', []],
  ['react', ['client']],
  ['publisher', ['client']],
  ['testing', ['client', 'publisher', 'index.ts']],
]);

/** Concrete engines and stores; everyone else speaks to the contracts in engines/engine.ts and store/store.ts. */
const concrete = /^src\/(engines\/[^/]+\/|store\/(open-[^/]*$|pglite|postgres))/;

export interface File {
  /** From the root of the repository, with slashes: "src/streams/tail.ts". */
  readonly path: string;
  readonly text: string;
}

export interface Offence {
  readonly file: string;
  readonly line: number;
  /** What stands there: "imports '../app.ts'", "reads process.env". */
  readonly what: string;
  /** A sentence that says which rule it breaks. */
  readonly why: string;
}

/** Every breach of the rule in the files of src/, by file and line. */
export function findOffences(files: readonly File[]): readonly Offence[] {
  return files.flatMap((file) => {
    if (placeOf(file.path) === undefined) {
      return [{ file: file.path, line: 1, what: 'is not on the map', why: unmapped(file.path) }];
    }
    const { imports, environmentReads } = readReferences(file.path, file.text);
    const offences: Offence[] = [];
    for (const { specifier, line } of imports) {
      const why = judge(file.path, specifier);
      if (why !== undefined) offences.push({ file: file.path, line, what: `imports '${specifier}'`, why });
    }
    if (!mayReadEnvironment(file.path)) {
      const why = 'Only src/cli/ reads the environment; take what is needed as an argument, from Config.';
      for (const { line } of environmentReads)
        offences.push({ file: file.path, line, what: 'reads process.env', why });
    }
    return offences.sort((one, other) => one.line - other.line);
  });
}

/** "src/streams/tail.ts:12 imports '../app.ts': streams/ stands below app.ts …" */
export function formatOffence({ file, line, what, why }: Offence): string {
  return `${file}:${line} ${what}: ${why}`;
}

/** Why the file may not import this, or undefined where it may. */
function judge(importer: string, specifier: string): string | undefined {
  if (specifier === 'tidings' || specifier.startsWith('tidings/')) {
    return 'The package does not import itself by name; write the relative path.';
  }
  if (!specifier.startsWith('.')) return undefined;

  const target = posix.join(posix.dirname(importer), specifier).replace(/\.js(x?)$/, '.ts$1');
  if (!target.startsWith('src/')) {
    if (isTest(importer) && target.startsWith('test/')) return undefined;
    return 'Source files import nothing from outside of src/; only unit tests do, from test/.';
  }
  const from = placeOf(importer);
  const to = placeOf(target);
  if (from === undefined || to === undefined) return unmapped(target);
  if (from.name === to.name) return undefined;

  const allowedKits = kits.get(from.name);
  if (allowedKits !== undefined) {
    if (allowedKits.includes(to.name)) return undefined;
    const allowed = ['its own folder', ...allowedKits.map(toTitle)].join(', ');
    return `${from.title} is installed in users' own code and imports only from ${allowed}.`;
  }
  if (kits.has(to.name)) {
    if (from.name === 'cli') return undefined;
    return `${to.title} is for users' own code; of the server, only cli/ may use it.`;
  }
  if (to.floor < from.floor) {
    return `${from.title} stands below ${to.title}; declare what it needs as a small interface and be handed it.`;
  }
  if (concrete.test(target) && from.floor !== placeOf('src/app.ts')?.floor && !isTest(importer)) {
    return `Only app.ts and maintenance.ts name concrete engines and stores; ${from.title} speaks to the contract in ${contractOf(to.name)}.`;
  }
  return undefined;
}

interface Place {
  /** The folder or file directly under src/: "streams", "app.ts". */
  readonly name: string;
  /** As people write it: "streams/", "app.ts". */
  readonly title: string;
  /** 0 is the top. -1 for the kits, which stand outside of the house. */
  readonly floor: number;
}

function placeOf(path: string): Place | undefined {
  const [, first, second] = path.split('/');
  if (first === undefined) return undefined;
  // A unit test beside app.ts stands where app.ts does.
  const name = second === undefined ? first.replace(/\.test\.ts$/, '.ts') : first;
  const floor = floors.findIndex((names) => names.includes(name));
  if (floor === -1 && !kits.has(name)) return undefined;
  return { name, title: toTitle(name), floor };
}

const toTitle = (name: string): string => (name.endsWith('.ts') ? name : `${name}/`);

const unmapped = (path: string): string =>
  `${path} has no place on the map; give it one there and in test/support/import-rule.ts.`;

const contractOf = (name: string): string => (name === 'engines' ? 'engines/engine.ts' : 'store/store.ts');

const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path);

const mayReadEnvironment = (path: string): boolean => path.startsWith('src/cli/') || isTest(path);
