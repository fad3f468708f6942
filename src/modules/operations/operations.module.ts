// The operations module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { defineOperations } from './operations.schema.ts';
import { createOperationsService, operationsService } from './operations.service.ts';

export const operationsModule: TidingsModule = {
  name: 'operations',
  define: defineOperations,
  open(runtime) {
    const service = createOperationsService(runtime);
    return { services: [provide(operationsService, service)], close: async () => service.close() };
  },
};
