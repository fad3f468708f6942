// The inventory module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { defineInventory } from './inventory.schema.ts';
import { createInventoryService, inventoryService } from './inventory.service.ts';

export const inventoryModule: TidingsModule = {
  name: 'inventory',
  define: defineInventory,
  open: (runtime) => ({ services: [provide(inventoryService, createInventoryService(runtime))] }),
};
