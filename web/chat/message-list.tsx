import { Fragment, useLayoutEffect, useRef, useState, type ReactElement } from 'react';
import type { useConversation } from '../../src/react/index.ts';
import { EmptyNote, sentenceOf } from '../parts/notes.tsx';
import { dayOf } from '../parts/times.ts';
import { useSession } from '../session.tsx';
import { MessageItem } from './message-item.tsx';
import { toMessageRows } from './message-rows.ts';
import { PendingItem } from './pending-item.tsx';

export type Conversation = ReturnType<typeof useConversation>;

export function MessageList({ conversation }: { readonly conversation: Conversation }): ReactElement {
  const { messages, pending, readReceipts, hasOlder, isLoadingOlder, loadOlder } = conversation;
  const { person } = useSession();
  const [failure, setFailure] = useState<string | null>(null);
  const scrolled = useSteadyScroll(messages[0]?.id, `${messages.at(-1)?.id} ${pending.length}`);
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

/** Stays at the newest message where that was in sight, and at the same message while older ones are put before it. */
function useSteadyScroll(oldest: string | undefined, newest: string) {
  const ref = useRef<HTMLDivElement>(null);
  const seen = useRef({ isAtEnd: true, fromEnd: 0, oldest });
  const measure = (element: HTMLElement) => {
    const fromEnd = element.scrollHeight - element.scrollTop;
    return { fromEnd, isAtEnd: fromEnd - element.clientHeight < 80 };
  };
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const { isAtEnd, fromEnd, oldest: before } = seen.current;
    if (isAtEnd) element.scrollTop = element.scrollHeight;
    else if (before !== oldest) element.scrollTop = element.scrollHeight - fromEnd;
    seen.current = { ...measure(element), oldest };
  }, [oldest, newest]);
  const onScroll = () => {
    if (ref.current !== null) seen.current = { ...seen.current, ...measure(ref.current) };
  };
  return { ref, onScroll };
}
