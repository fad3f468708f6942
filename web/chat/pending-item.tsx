import type { ReactElement } from 'react';
import type { PendingMessage } from '../../src/react/index.ts';
import { useConnectionState } from '../../src/react/index.ts';
import { sentenceOf } from '../parts/notes.tsx';
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
  return (
    <li className="message" data-own="true" data-turn="false" data-pending={status}>
      <div className="message-content">
        <div className="bubble">
          <span className="visually-hidden">You: </span>
          <span className="message-body">{body}</span>
          <span className="message-meta">{{ sending, sent: 'Sent', failed: 'Not sent' }[status]}</span>
        </div>
        {status === 'failed' && (
          <div className="message-actions" data-open="true">
            <span className="inline-error" role="alert">
              {error === null ? 'It was refused.' : sentenceOf(error)}
            </span>
            <button type="button" className="link-button" onClick={() => conversation.retry(clientMessageId)}>
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
