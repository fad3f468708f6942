// Assembles the schema from modules. Adding a domain is adding a folder and one line here.
import { defaultPublicRooms } from '../config.ts';
import { createBuilder } from '../schema/builder.ts';
import { lexicographicSortSchema, printSchema } from 'graphql';
import type { TidingsModule } from '../schema/module.ts';
import { defineVocabulary } from '../schema/scalars.ts';
import { announcementsModule } from './announcements/announcements.module.ts';
import { bookingsModule } from './bookings/bookings.module.ts';
import { chatModule } from './chat/chat.module.ts';
import { typingModule } from './chat/typing.module.ts';
import { inventoryModule } from './inventory/inventory.module.ts';
import { notificationsModule } from './notifications/notifications.module.ts';
import { operationsModule } from './operations/operations.module.ts';
import { ordersModule } from './orders/orders.module.ts';
import { presenceModule } from './presence/presence.module.ts';
import { createRoomsModule } from './rooms/rooms.module.ts';
import { usersModule } from './users/users.module.ts';

export interface BuiltInOptions {
  /** Patterns of rooms that everyone in the workspace may enter. */
  readonly publicRooms: readonly string[];
}

export const createBuiltInModules = (options: BuiltInOptions): readonly TidingsModule[] => [
  usersModule,
  ordersModule,
  bookingsModule,
  inventoryModule,
  notificationsModule,
  announcementsModule,
  presenceModule,
  createRoomsModule(options),
  chatModule,
  typingModule,
  operationsModule,
];

/** As they are where nothing is configured. */
export const builtInModules = createBuiltInModules({ publicRooms: defaultPublicRooms });

/** Throws where two modules have one name, or a module does not fit to those before it. */
export function buildSchema(modules: readonly TidingsModule[]) {
  const names = modules.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new Error(`Two modules are called "${twice}": give one of them another name.`);
  const builder = createBuilder();
  builder.queryType({ description: 'What there is now.' });
  builder.mutationType({ description: 'What can be done.' });
  builder.subscriptionType({
    description:
      'What can be followed. Event streams are durable and go on `after` a cursor; live state begins with the current state.',
  });
  defineVocabulary(builder);
  for (const { name, define } of modules) {
    try {
      define(builder);
    } catch (cause) {
      throw new Error(`The module "${name}" does not fit into the schema: ${String(cause)}`, { cause });
    }
  }
  return builder.toSchema();
}

/** The schema of a server with these modules beside the built-in ones, as codegen takes it. */
export const printSchemaOf = (own: readonly TidingsModule[]): string =>
  `${printSchema(lexicographicSortSchema(buildSchema([...builtInModules, ...own])))}\n`;
