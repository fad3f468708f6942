import { Fragment, useState, type ReactElement } from 'react';
import type { useConversation } from '../../src/react/index.ts';
import { EmptyNote, sentenceOf } from '../parts/notes.tsx';
import { dayOf } from '../parts/times.ts';
import { useSession } from '../session.tsx';
import { MessageItem } from './message-item.tsx';
import { toMessageRows } from './message-rows.ts';
import { PendingItem } from './pending-item.tsx';
import { useSteadyScroll } from './use-steady-scroll.ts';

export type Conversation = ReturnType<typeof useConversation>;

export function MessageList({ conversation }: { readonly conversation: Conversation }): ReactElement {
  const { messages, pending, readReceipts, hasOlder, isLoadingOlder, loadOlder } = conversation;
  const { person } = useSession();
  const [failure, setFailure] = useState<string | null>(null);
  const scrolled = useSteadyScroll(messages[0]?.id);
  const rows = toMessageRows(messages, readReceipts, person.id);

  const older = () => {
    setFailure(null);
    loadOlder().catch((error: unknown) => setFailure(sentenceOf(error)));
  };

  return (
    <div
      ref={scrolled.ref}
      onScroll={scrolled.onScroll}
      className="messages"
      role="log"
      aria-label="Messages"
      tabIndex={0}
    >
      {hasOlder && (
        <button type="button" className="link-button load-more" disabled={isLoadingOlder} onClick={older}>
          {isLoadingOlder ? 'Loading…' : 'Load older messages'}
        </button>
      )}
      {failure !== null && (
        <p className="inline-error" role="alert">
          {failure}
        </p>
      )}
      {messages.length === 0 && pending.length === 0 && (
        <EmptyNote icon="chat" title="Nothing said yet">
          Say hello.
        </EmptyNote>
      )}
      <ol>
        {rows.map((row) => (
          <Fragment key={row.message.id}>
            {row.beginsDay && (
              <li className="day">
                <span>{dayOf(row.message.sentAt)}</span>
              </li>
            )}
            <MessageItem row={row} conversation={conversation} />
          </Fragment>
        ))}
        {pending.map((message) => (
          <PendingItem key={message.clientMessageId} message={message} conversation={conversation} />
        ))}
      </ol>
    </div>
  );
}
