import { Fragment, useEffect, useState, type ReactElement } from 'react';
import type { useConversation } from '../../src/react/index.ts';
import { Icon } from '../parts/icon.tsx';
import { EmptyNote, sentenceOf } from '../parts/notes.tsx';
import { dayOf } from '../parts/times.ts';
import { useSession } from '../session.tsx';
import { MessageItem } from './message-item.tsx';
import { toMessageRows } from './message-rows.ts';
import { NewMessages } from './new-messages.tsx';
import { PendingItem } from './pending-item.tsx';
import { useMarkRead } from './use-mark-read.ts';
import { useMessageKeys } from './use-message-keys.ts';
import { useSteadyScroll } from './use-steady-scroll.ts';

export type Conversation = ReturnType<typeof useConversation>;

export interface MessageListProps {
  readonly conversation: Conversation;
  readonly isVisible: boolean;
  /** How often something was sent from here: who sends wants to see it. */
  readonly sends: number;
}

export function MessageList({ conversation, isVisible, sends }: MessageListProps): ReactElement {
  const { messages, pending, readReceipts, hasOlder, isLoadingOlder, loadOlder } = conversation;
  const { person } = useSession();
  const [failure, setFailure] = useState<string | null>(null);
  const scrolled = useSteadyScroll(messages[0]?.id);
  const { isAtEnd, scrollToEnd } = scrolled;
  const rows = toMessageRows(messages, readReceipts, person.id);
  const keys = useMessageKeys(rows, sends);
  const unseen = useUnseen(conversation, isAtEnd && isVisible, person.id);
  useMarkRead(conversation, isVisible && isAtEnd);

  useEffect(() => {
    if (sends > 0) scrollToEnd();
  }, [sends, scrollToEnd]);

  const older = () => {
    setFailure(null);
    loadOlder().catch((error: unknown) => setFailure(sentenceOf(error)));
  };

  return (
    <div className="messages-frame">
      {/* Of what is new, and of that only, NewMessages tells. */}
      <div
        ref={scrolled.ref}
        onScroll={scrolled.onScroll}
        onKeyDown={keys.onKeyDown}
        className="messages"
        role="log"
        aria-live="off"
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
              <MessageItem
                row={row}
                conversation={conversation}
                isInTabOrder={row.message.id === keys.inTabOrder}
                onFocus={() => keys.onFocus(row.message.id)}
              />
            </Fragment>
          ))}
          {pending.map((message) => (
            <PendingItem key={message.clientMessageId} message={message} conversation={conversation} />
          ))}
        </ol>
      </div>
      {unseen > 0 && (
        <button type="button" className="button to-newest" onClick={scrolled.leapToEnd}>
          <Icon name="down" />
          {unseen} new
        </button>
      )}
      <NewMessages messages={messages} viewerId={person.id} />
    </div>
  );
}

/** How many messages of others came since the end was last in sight. */
function useUnseen({ messages }: Conversation, isEndInSight: boolean, viewerId: string): number {
  const newestId = messages.at(-1)?.id;
  const [seenId, setSeenId] = useState(newestId);
  if (isEndInSight && seenId !== newestId) setSeenId(newestId);
  if (isEndInSight) return 0;
  const seen = messages.findIndex(({ id }) => id === seenId);
  return messages.slice(seen + 1).filter(({ sender }) => sender.id !== viewerId).length;
}
