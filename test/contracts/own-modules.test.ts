// Modules that don't fit together: the start says which, and what is open is closed again.
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config.ts';
import type { Runtime } from '../../src/schema/context.ts';
import { serviceKey } from '../../src/schema/context.ts';
import { provide, type OpenedModule, type TidingsModule } from '../../src/schema/module.ts';
import { openModules } from '../../src/schema/open-modules.ts';

const logged: unknown[] = [];
const logger = pino({ level: 'error' }, { write: (line: string) => logged.push(JSON.parse(line)) });
const foundation = { logger } as unknown as Omit<Runtime, 'use' | 'eraseTexts'>;
const key = serviceKey<string>('planner.tasks');
const named = (name: string, open: () => unknown = () => ({ services: [] })): TidingsModule => ({
  name,
  define: () => undefined,
  open: open as () => OpenedModule,
});
const start = (...modules: readonly TidingsModule[]) =>
  createApp({ config: parseConfig({}, 'dev'), logger, modules });

it('two that provide one service are refused by their names', async () => {
  const provider = (name: string) => named(name, () => ({ services: [provide(key, name)] }));
  await expect(openModules([provider('first'), provider('second')], foundation)).rejects.toThrow(
    /"first" and "second" both provide a service "planner\.tasks"/,
  );
});

it.each([
  ['throws', () => JSON.parse('nonsense') as never, /module "tasks" could not be opened/],
  ['is asynchronous', async () => ({ services: [] }), /module "tasks".*`open` is not asynchronous/],
  [
    'is asynchronous and fails',
    () => Promise.reject(new Error('no')),
    /module "tasks".*`open` is not asynchronous/,
  ],
])('one whose `open` %s is named, when those before it are closed', async (_title, open, sentence) => {
  const closed: string[] = [];
  const first = named('first', () => ({ services: [], close: async () => void closed.push('first') }));
  await expect(openModules([first, named('tasks', open)], foundation)).rejects.toThrow(sentence);
  expect(closed).toEqual(['first']);
});

it('one that can not be closed keeps no other open', async () => {
  const closed: string[] = [];
  const closing = (name: string, close: () => Promise<void>) => named(name, () => ({ services: [], close }));
  const modules = await openModules(
    [
      closing('first', async () => void closed.push('first')),
      closing('second', () => Promise.reject(new Error('no'))),
      closing('third', async () => void closed.push('third')),
    ],
    foundation,
  );
  await modules.close();
  expect(closed).toEqual(['third', 'first']);
  expect(logged).toMatchObject([{ msg: 'a module could not be closed', err: { message: 'no' } }]);
});

it.each([
  ['a name that another one has', [named('orders')], /Two modules are called "orders"/],
  [
    'a type that another one has',
    [{ ...named('shop'), define: (builder) => void builder.enumType('OrderStatus', { values: ['A'] }) }],
    /module "shop" does not fit into the schema.*OrderStatus/,
  ],
  [
    'the built-in name of migrations',
    [{ ...named('shop'), migrations: { name: 'tidings', folder: '/nowhere' } }],
    /Two modules call their migrations "tidings", the name of the built-in ones/,
  ],
] satisfies [string, TidingsModule[], RegExp][])(
  '%s is refused before anything is opened',
  async (_title, modules, sentence) => {
    await expect(start(...modules)).rejects.toThrow(sentence);
  },
);
