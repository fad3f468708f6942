// The users module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { defineUsers } from './users.schema.ts';
import { createUsersService, usersService } from './users.service.ts';

export const usersModule: TidingsModule = {
  name: 'users',
  define: defineUsers,
  open(runtime) {
    const service = createUsersService(runtime);
    return {
      services: [provide(usersService, service)],
      onAuthenticated: (viewer) => service.remember(viewer),
      onSessionsRevoked: (user) => service.forget(user),
    };
  },
};
