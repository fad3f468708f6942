// The chat module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { defineChat } from './chat.schema.ts';
import { chatService, createChatService } from './chat.service.ts';

export const chatModule: TidingsModule = {
  name: 'chat',
  define: defineChat,
  open(runtime) {
    const service = createChatService(runtime);
    return {
      services: [provide(chatService, service)],
      onUserErased: (user) => service.eraseMessages(user),
      close: async () => service.closeReceipts(),
    };
  },
};
