// The announcements module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { defineAnnouncements } from './announcements.schema.ts';
import { announcementsService, createAnnouncementsService } from './announcements.service.ts';

export const announcementsModule: TidingsModule = {
  name: 'announcements',
  define: defineAnnouncements,
  open: (runtime) => ({ services: [provide(announcementsService, createAnnouncementsService(runtime))] }),
};
