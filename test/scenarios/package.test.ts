// The package as npm would publish it: a project of its own installs it, adds domains to it, and everything it needs is there.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Person } from '../support/client.ts';
import { failureOf } from '../support/failure.ts';
import { openProject, runIn, type Project } from '../support/project.ts';
import { startServer } from '../support/server.ts';
import { KarmaChangedDocument, KarmaDocument, PublishKarmaDocument } from './planner/generated/documents.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let packed: Project;
let project: string;

const strictest = {
  target: 'ES2023',
  module: 'nodenext',
  lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
  types: ['node'],
  strict: true,
  // The declarations of the package are read too, with what they import.
  skipLibCheck: false,
  noEmit: true,
  allowImportingTsExtensions: true,
  jsx: 'react-jsx',
};

beforeAll(() => {
  packed = openProject();
  project = packed.folder;
  cpSync(join(root, 'test/scenarios/planner'), project, { recursive: true });
  for (const name of readdirSync(project).filter((file) => file.endsWith('.ts'))) {
    const file = join(project, name);
    writeFileSync(file, readFileSync(file, 'utf8').replace('../../../src/index.ts', 'tidings'));
  }
  const config = {
    compilerOptions: strictest,
    include: ['main.ts', 'tidings.ts', 'shop.ts', 'shop.test.ts', 'wrong.ts'],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(
    join(project, 'tidings.ts'),
    ['', '/client', '/react', '/publisher', '/testing']
      .map((entry, index) => `export * as entry${index} from 'tidings${entry}';\n`)
      .join(''),
  );
  cpSync(join(project, 'package/examples/publish-order.ts'), join(project, 'shop.ts'));
  // What docs/testing.md begins with, to the letter.
  const guide = readFileSync(join(project, 'package/docs/testing.md'), 'utf8');
  writeFileSync(join(project, 'shop.test.ts'), /^```ts\n(.*?)^```$/ms.exec(guide)?.[1] ?? '');
  // It must be complained of: the compiler has run, and the types are not `any`.
  writeFileSync(join(project, 'wrong.ts'), "import { createApp } from 'tidings';\nvoid createApp(1);\n");
}, 120_000);
afterAll(() => packed.close());

it('its types are complete, and those of domains of one’s own come out of them', { timeout: 120_000 }, () => {
  expect(packed.complaints()).toEqual([expect.stringMatching(/^wrong\.ts\(2,16\): error TS2345/)]);
});

it(
  'a server made with it starts from nothing, and serves domains of one’s own',
  { timeout: 120_000 },
  async () => {
    await using server = await startServer({ main: ['--import', 'tsx', join(project, 'main.ts')] });
    await using ben = await connect(server, 'ben');
    await using backend = await connect(server, 'backend', { scope: 'karma:publish' });
    const { karma } = await ben.request(KarmaDocument);
    await using changes = ben.subscribe(KarmaChangedDocument, { after: karma.cursor });
    await backend.request(PublishKarmaDocument, { userId: 'ben', points: 3, reason: 'dishes' });
    expect((await changes.next()).karmaChanged).toMatchObject({ points: 3, reason: 'dishes' });
  },
);

it('the first test of the guide to testing passes, under node:test', { timeout: 60_000 }, () => {
  const said = packed.run(
    process.execPath,
    '--import',
    'tsx',
    '--test',
    '--test-reporter=tap',
    'shop.test.ts',
  );
  expect(said).toMatch(/^# pass 1$/m);
});

describe('the guide to a domain of one’s own, followed to the letter', () => {
  let folder: string;
  const tool = (file: string, ...parameters: string[]) =>
    runIn(folder, process.execPath, join(root, 'node_modules', file), ...parameters);

  beforeAll(() => {
    folder = join(project, 'clubs');
    mkdirSync(folder);
    const guide = readFileSync(join(project, 'package/docs/adding-a-domain.md'), 'utf8');
    // Whatever begins with its own file's name.
    const files = [...guide.matchAll(/^```\w+\n(?:\/\/|#) (\S+\.\w+)\n(.*?)^```$/gms)];
    for (const [, name = '', text = ''] of files) writeFileSync(join(folder, name), text);
    expect(files.map(([, name]) => name)).toEqual([
      'clubs.tables.ts',
      'drizzle.config.ts',
      'clubs.ts',
      'main.ts',
      'print-schema.ts',
      'operations.graphql',
      'codegen.ts',
      'club-news.tsx',
    ]);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    tool('drizzle-kit/bin.cjs', 'generate');
    tool('tsx/dist/cli.mjs', 'print-schema.ts');
    tool('@graphql-codegen/cli/esm/bin.js');
  }, 120_000);

  it('is typed from the table to the hook', { timeout: 60_000 }, () => {
    const compilerOptions = { ...strictest, skipLibCheck: true };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    expect(tool('typescript/bin/tsc')).toBe('');
  });

  it(
    'makes a server whose members hear each other, until they are shown out',
    { timeout: 60_000 },
    async () => {
      await using server = await startServer({ main: ['--import', 'tsx', join(folder, 'main.ts')] });
      await using mia = await connect(server, 'mia');
      await using ned = await connect(server, 'ned');
      const joinClub = (person: Person) => person.request('mutation { joinClub(club: "chess") }');
      const tell = (text: string) =>
        mia.request(
          'mutation ($text: String!) { publishClubNews(club: "chess", text: $text) { deduplicated } }',
          { text },
        );
      const read = '{ clubNews(club: "chess") { nodes { text by } cursor } }';
      expect((await failureOf(ned.request(read))).code).toBe('NOT_FOUND');
      await joinClub(mia);
      await joinClub(ned);
      const { clubNews } = await ned.request<{ clubNews: { cursor: string } }>(read);
      await using news = ned.subscribe<{ clubNews: { text: string } }>(
        'subscription ($after: Cursor) { clubNews(club: "chess", after: $after) { text } }',
        { after: clubNews.cursor },
      );
      await tell('hello');
      expect((await news.next()).clubNews).toEqual({ text: 'hello' });
      expect(await mia.request('mutation { showOutOfClub(club: "chess", userId: "ned") }')).toEqual({
        showOutOfClub: true,
      });
      await tell('not for Ned');
      expect((await failureOf(news.next())).code).toBe('FORBIDDEN');
      expect((await failureOf(ned.request(read))).code).toBe('NOT_FOUND');
    },
  );
});

it('all that its documents point to is in it', () => {
  const inside = join(project, 'package');
  const documents = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync(join(inside, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ];
  const dead = documents.flatMap((document) =>
    [...readFileSync(join(inside, document), 'utf8').matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(inside, dirname(document), target)))
      .map((target) => `${document}: ${target}`),
  );
  expect(dead).toEqual([]);
});

it('its command runs', { timeout: 60_000 }, () => {
  const { bin } = JSON.parse(readFileSync(join(project, 'package/package.json'), 'utf8')) as {
    bin: { tidings: string };
  };
  expect(packed.run(process.execPath, join('node_modules/tidings', bin.tidings), 'help')).toMatch(
    /tidings dev/,
  );
});

it(
  'its entries are what its package.json says, and each resolves with its types',
  { timeout: 60_000 },
  () => {
    const tool = (name: string, ...parameters: string[]) =>
      packed.run(process.execPath, join(root, 'node_modules', name), packed.tarball, ...parameters);
    expect(tool('publint/src/cli.js', '--strict')).toMatch(/All good/);
    expect(tool('@arethetypeswrong/cli/dist/index.js', '--profile', 'esm-only')).not.toMatch(/❌/);
  },
);
