import type { ReactElement } from 'react';
import { useConversation, usePresence } from '../../src/react/index.ts';
import { EmptyNote, FailureNote, Skeleton } from '../parts/notes.tsx';
import { PresenceDot } from '../parts/presence-dot.tsx';
import { useSession } from '../session.tsx';
import { Composer } from './composer.tsx';
import { othersOf, titleOf } from './conversation-title.ts';
import { MessageList } from './message-list.tsx';
import { useMarkRead } from './use-mark-read.ts';

export interface ConversationViewProps {
  readonly conversationId: string | null;
  /** What is seen is marked as read. */
  readonly isVisible: boolean;
}

export function ConversationView({ conversationId, isVisible }: ConversationViewProps): ReactElement {
  const conversation = useConversation(conversationId);
  const { person } = useSession();
  const { statusOf } = usePresence();
  useMarkRead(conversation, isVisible);
  const others = othersOf(conversation, person.id);
  const isLive = conversation.status === 'live';

  return (
    <section className="panel conversation-panel" aria-labelledby="conversation-title">
      <div className="panel-head">
        <h2 id="conversation-title">{isLive ? titleOf(conversation, person.id) : 'Conversation'}</h2>
        <ul className="participants" aria-label="Others in this conversation">
          {others.map(({ id, name }) => (
            <li key={id}>
              <PresenceDot status={statusOf(id)} />
              {name}
            </li>
          ))}
        </ul>
      </div>
      {conversationId === null ? (
        <EmptyNote icon="chat" title="No conversation chosen">
          Choose one from the list, or begin a new one.
        </EmptyNote>
      ) : conversation.status === 'loading' ? (
        <Skeleton label="Loading messages" rows={5} />
      ) : conversation.status === 'not-found' ? (
        <EmptyNote icon="chat" title="There is no such conversation">
          It does not exist, or you do not take part in it.
        </EmptyNote>
      ) : conversation.status === 'failed' ? (
        <FailureNote what="The conversation could not be shown" error={conversation.error} />
      ) : (
        <MessageList conversation={conversation} />
      )}
      {conversationId !== null && isLive && (
        <Composer conversationId={conversationId} onSend={conversation.send} />
      )}
    </section>
  );
}
