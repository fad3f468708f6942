import { useEffect, useRef, useState, type ReactElement } from 'react';
import { useConversation, useConversations, usePresence } from '../../src/react/index.ts';
import { PresenceDot } from '../parts/presence-dot.tsx';
import { useSession } from '../session.tsx';
import { Composer, focusComposer } from './composer.tsx';
import { ConversationAbsence } from './conversation-absence.tsx';
import { othersOf, titleOf } from './conversation-title.ts';
import { MessageList } from './message-list.tsx';

/** The focus moves to a conversation when it is shown. */
export interface Arrival {
  readonly conversationId: string;
  readonly focusOn: 'heading' | 'composer';
}

export interface ConversationViewProps {
  readonly conversationId: string | null;
  /** What is seen is marked as read. */
  readonly isVisible: boolean;
  readonly arrival: Arrival | null;
  readonly onArrived: () => void;
  readonly onOpen: (conversationId: string) => void;
  readonly onSent: (conversationId: string) => void;
}

export function ConversationView({
  conversationId,
  isVisible,
  arrival,
  onArrived,
  onOpen,
  onSent,
}: ConversationViewProps): ReactElement {
  const conversation = useConversation(conversationId);
  const { conversations } = useConversations();
  const { person } = useSession();
  const { statusOf } = usePresence();
  const [sends, setSends] = useState(0);
  const headingRef = useRef<HTMLHeadingElement>(null);
  const isLive = conversation.status === 'live';
  useArrival(
    isVisible && arrival?.conversationId === conversationId ? arrival : null,
    isLive,
    headingRef,
    onArrived,
  );

  // Until it is loaded, what the list tells of it.
  const listed = conversations.find(({ id }) => id === conversationId);
  const known = isLive ? conversation : conversation.status === 'loading' ? listed : undefined;
  const others = known === undefined ? [] : othersOf(known, person.id);

  const send = (body: string) => {
    if (conversationId === null) return;
    conversation.send(body);
    setSends((before) => before + 1);
    onSent(conversationId);
  };

  return (
    <section className="panel conversation-panel" aria-labelledby="conversation-title">
      <div className="panel-head">
        <h2 id="conversation-title" ref={headingRef} tabIndex={-1} dir="auto">
          {known === undefined ? 'Conversation' : titleOf(known, person.id)}
        </h2>
        <ul className="participants" aria-label="Others in this conversation">
          {others.map(({ id, name }) => (
            <li key={id}>
              <PresenceDot status={statusOf(id)} />
              <bdi>{name}</bdi>
            </li>
          ))}
        </ul>
      </div>
      {conversationId !== null && isLive ? (
        <>
          <MessageList conversation={conversation} isVisible={isVisible} sends={sends} />
          <Composer conversationId={conversationId} onSend={send} />
        </>
      ) : (
        <ConversationAbsence
          status={conversationId === null ? 'none' : conversation.status}
          error={conversation.error}
          onRetry={() => void conversation.refetch()}
          another={conversations.find(({ id }) => id !== conversationId)}
          onOpen={onOpen}
        />
      )}
    </section>
  );
}

/** To the heading at once, so that the focus is not lost meanwhile; to the composer as soon as there is one. */
function useArrival(
  arrival: Arrival | null,
  isLive: boolean,
  headingRef: { readonly current: HTMLElement | null },
  onArrived: () => void,
): void {
  const hasBegun = useRef(false);
  useEffect(() => {
    if (arrival === null) return;
    const heading = headingRef.current;
    // Who has moved on by then is left alone.
    const isWaiting = !hasBegun.current || document.activeElement === heading;
    if (arrival.focusOn === 'composer' && isLive && isWaiting) focusComposer();
    else if (!hasBegun.current) heading?.focus();
    hasBegun.current = arrival.focusOn === 'composer' && !isLive;
    if (!hasBegun.current) onArrived();
    // As it comes, or the conversation does.
  }, [arrival, isLive]);
}
