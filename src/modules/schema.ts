// Assembles the schema from modules. Adding a domain is adding a folder and one line here.
import { createBuilder } from '../schema/builder.ts';
import type { TidingsModule } from '../schema/module.ts';
import { defineVocabulary } from '../schema/scalars.ts';
import { chatModule } from './chat/chat.module.ts';
import { typingModule } from './chat/typing.module.ts';
import { notificationsModule } from './notifications/notifications.module.ts';
import { ordersModule } from './orders/orders.module.ts';
import { presenceModule } from './presence/presence.module.ts';
import { usersModule } from './users/users.module.ts';

export const builtInModules: readonly TidingsModule[] = [
  usersModule,
  ordersModule,
  notificationsModule,
  presenceModule,
  chatModule,
  typingModule,
];

export function buildSchema(modules: readonly TidingsModule[]) {
  const builder = createBuilder();
  builder.queryType({ description: 'What there is now.' });
  builder.mutationType({ description: 'What can be done.' });
  builder.subscriptionType({
    description:
      'What can be followed. Event streams are durable and go on `after` a cursor; live state begins with the current state.',
  });
  defineVocabulary(builder);
  for (const module of modules) module.define(builder);
  return builder.toSchema();
}
