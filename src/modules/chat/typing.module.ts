// The typing module, as the server is given it. It stands on the chat module.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { defineTyping } from './typing.schema.ts';
import { createTypingService, typingService } from './typing.service.ts';

export const typingModule: TidingsModule = {
  name: 'typing',
  define: defineTyping,
  open(runtime) {
    const service = createTypingService(runtime);
    return {
      services: [provide(typingService, service)],
      onReady: () => service.listen(),
      close: async () => service.close(),
    };
  },
};
