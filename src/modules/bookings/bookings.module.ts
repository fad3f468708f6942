// The bookings module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { defineBookings } from './bookings.schema.ts';
import { bookingsService, createBookingsService } from './bookings.service.ts';

export const bookingsModule: TidingsModule = {
  name: 'bookings',
  define: defineBookings,
  open(runtime) {
    const service = createBookingsService(runtime);
    return {
      services: [provide(bookingsService, service)],
      onUserErased: (user) => service.eraseCustomer(user),
    };
  },
};
