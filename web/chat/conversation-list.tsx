import type { ReactElement } from 'react';
import { useConversations, usePresence } from '../../src/react/index.ts';
import { Icon } from '../parts/icon.tsx';
import { EmptyNote, FailureNote, Skeleton } from '../parts/notes.tsx';
import { usePanel } from '../parts/use-panel.ts';
import { ConversationRow } from './conversation-row.tsx';
import { NewConversation } from './new-conversation.tsx';

export interface ConversationListProps {
  readonly shownId: string | null;
  readonly onOpen: (conversationId: string) => void;
  readonly onCreated: (conversationId: string) => void;
}

export function ConversationList({ shownId, onOpen, onCreated }: ConversationListProps): ReactElement {
  const { status, conversations, error, refetch } = useConversations();
  const { statusOf } = usePresence();
  const form = usePanel();

  return (
    <section className="panel list-panel" aria-labelledby="conversations-title">
      <div className="panel-head" onKeyDown={form.onKeyDown}>
        <h2 id="conversations-title">Conversations</h2>
        <button
          type="button"
          ref={form.openerRef}
          className="button new-button"
          aria-expanded={form.isOpen}
          onClick={form.toggle}
        >
          <Icon name="plus" />
          <span>New</span>
        </button>
      </div>
      <div className="panel-body">
        {form.isOpen && (
          <NewConversation
            panel={form}
            onCreated={(id) => {
              form.close();
              onCreated(id);
            }}
          />
        )}
        {status === 'loading' && <Skeleton label="Loading conversations" rows={4} />}
        {status === 'failed' && (
          <FailureNote
            what="Conversations could not be loaded"
            error={error}
            onRetry={() => void refetch()}
          />
        )}
        {status === 'live' && conversations.length === 0 && !form.isOpen && (
          <EmptyNote icon="chat" title="No conversations yet">
            Begin one with “New”.
          </EmptyNote>
        )}
        <ul className="conversations" aria-labelledby="conversations-title">
          {conversations.map((conversation) => (
            <ConversationRow
              key={conversation.id}
              conversation={conversation}
              isShown={conversation.id === shownId}
              statusOf={statusOf}
              onOpen={() => onOpen(conversation.id)}
            />
          ))}
        </ul>
      </div>
    </section>
  );
}
