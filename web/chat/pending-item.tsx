import { useRef, type ReactElement } from 'react';
import type { PendingMessage } from '../../src/react/index.ts';
import { useConnectionState } from '../../src/react/index.ts';
import { sentenceOf } from '../parts/notes.tsx';
import { useFocusHandover } from '../parts/use-focus-handover.ts';
import { focusComposer } from './composer.tsx';
import { MessageBubble } from './message-bubble.tsx';
import type { Conversation } from './message-list.tsx';

export interface PendingItemProps {
  readonly message: PendingMessage;
  readonly conversation: Conversation;
}

/** What was written and has not arrived yet: on its way, waiting for the network, or refused. */
export function PendingItem({ message, conversation }: PendingItemProps): ReactElement {
  const { clientMessageId, body, status, error } = message;
  const isConnected = useConnectionState().status === 'connected';
  const sending = isConnected ? 'Sending…' : 'Waiting for the connection';

  const itemRef = useRef<HTMLLIElement>(null);
  useFocusHandover(itemRef, focusComposer);

  const retry = () => {
    // The button goes, the message stays.
    focusComposer();
    conversation.retry(clientMessageId);
  };

  return (
    <li
      ref={itemRef}
      className="message"
      data-own="true"
      data-turn="false"
      data-pending={status}
      tabIndex={-1}
    >
      <div className="message-content">
        <MessageBubble isOwn body={body}>
          {{ sending, sent: 'Sent', failed: 'Not sent' }[status]}
        </MessageBubble>
        {status === 'failed' && (
          <div className="message-actions" data-open="true">
            <span className="inline-error" role="alert">
              {error === null ? 'It was refused.' : sentenceOf(error)}
            </span>
            <button type="button" className="link-button" onClick={retry}>
              Retry
            </button>
            <button
              type="button"
              className="link-button"
              onClick={() => conversation.discard(clientMessageId)}
            >
              Discard
            </button>
          </div>
        )}
      </div>
    </li>
  );
}
