// The orders module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { defineOrders } from './orders.schema.ts';
import { createOrdersService, ordersService } from './orders.service.ts';

export const ordersModule: TidingsModule = {
  name: 'orders',
  define: defineOrders,
  open(runtime) {
    const service = createOrdersService(runtime);
    return {
      services: [provide(ordersService, service)],
      onUserErased: (user) => service.eraseCustomer(user),
    };
  },
};
