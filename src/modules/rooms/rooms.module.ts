// The rooms module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { defineRooms } from './rooms.schema.ts';
import { createRoomsService, roomsService, type RoomsOptions } from './rooms.service.ts';

export const createRoomsModule = (options: RoomsOptions): TidingsModule => ({
  name: 'rooms',
  define: defineRooms,
  open(runtime) {
    const service = createRoomsService(runtime, options);
    return {
      services: [provide(roomsService, service)],
      onSessionsRevoked: (user) => service.forget(user),
      onUserErased: (user) => service.eraseUser(user),
      // Where this is the only node nobody is told.
      onDraining: () => runtime.engine.kind === 'redis' && service.drain(),
      settled: () => service.settled(),
      lingered: () => service.lingered(),
      close: async () => service.close(),
    };
  },
});
