// The notifications module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { defineNotifications } from './notifications.schema.ts';
import { createNotificationsService, notificationsService } from './notifications.service.ts';

export const notificationsModule: TidingsModule = {
  name: 'notifications',
  define: defineNotifications,
  open(runtime) {
    const service = createNotificationsService(runtime);
    return {
      services: [provide(notificationsService, service)],
      settled: () => service.settled(),
      close: () => service.close(),
      onUserErased: (user) => service.eraseFeed(user),
    };
  },
};
