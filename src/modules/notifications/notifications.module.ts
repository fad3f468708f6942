// The notifications module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { createNotificationsService, notificationsService } from './notifications.service.ts';

export const notificationsModule: TidingsModule = {
  name: 'notifications',
  define() {},
  open: () => ({ services: [provide(notificationsService, createNotificationsService())] }),
};
