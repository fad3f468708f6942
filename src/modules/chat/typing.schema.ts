// Typing in the schema: authorize, call, return.
import { objectRef, type Builder } from '../../schema/builder.ts';
import { User } from '../users/users.schema.ts';
import type { TypingView } from './typing-queue.ts';
import { typingService } from './typing.service.ts';

const TypingIndicator = objectRef<TypingView>('TypingIndicator');

export function defineTyping(builder: Builder): void {
  builder.objectType(TypingIndicator, {
    description: 'Whether somebody is typing in a conversation.',
    fields: (t) => ({
      conversationId: t.exposeID('conversationId', { description: 'Where.' }),
      user: t.expose('user', { type: User, description: 'Who.' }),
      isTyping: t.exposeBoolean('isTyping', {
        description: 'false when the user has stopped: by saying so, by sending, or without a word.',
      }),
      expiresInMs: t.exposeInt('expiresInMs', {
        nullable: true,
        description:
          'Lapses after so many milliseconds unless it is renewed; null where isTyping is false. A subscriber needs no ' +
          'clock: it is told of the lapse.',
      }),
    }),
  });

  builder.mutationField('setTyping', (t) =>
    t.field({
      rate: 'typing',
      type: TypingIndicator,
      description:
        'Tells the other participants whether the viewer is typing. Renew it every few seconds: it lapses by itself, and ' +
        'ends when a message is sent or the WebSocket connection that said it closes (said over HTTP it only lapses).',
      args: {
        conversationId: t.arg.id({ required: true, description: 'A conversation of the viewer.' }),
        isTyping: t.arg.boolean({
          required: true,
          description: 'false ends whatever the viewer has said, on all of their devices.',
        }),
      },
      resolve: (_root, { conversationId, isTyping }, context) =>
        context.use(typingService).set(context, conversationId, isTyping),
    }),
  );

  builder.subscriptionField('typing', (t) =>
    t.field({
      type: TypingIndicator,
      description:
        "First whoever is typing now, then every change. For participants; the viewer's own typing is left out. Live " +
        'state: there is nothing to resume, subscribing again heals it. Ends with FORBIDDEN when the viewer is removed.',
      args: {
        conversationId: t.arg.id({ required: true, description: 'A conversation of the viewer.' }),
      },
      subscribe: (_root, { conversationId }, context) =>
        context.use(typingService).follow(context, conversationId),
      resolve: (view) => view,
    }),
  );
}
