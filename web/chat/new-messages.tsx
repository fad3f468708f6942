import { useState, type ReactElement } from 'react';
import type { MessageFragment } from '../../src/client/index.ts';
import { firstNameOf } from '../parts/names.ts';

export interface NewMessagesProps {
  readonly messages: readonly MessageFragment[];
  readonly viewerId: string;
}

const told = 5;

/**
 * For screen readers only: what others have said since the conversation was opened. Of the list itself they would hear every
 * button, and every message of one's own once as it is sent and once as it arrives.
 */
export function NewMessages({ messages, viewerId }: NewMessagesProps): ReactElement {
  const [openedAt] = useState(messages.at(-1)?.id);
  const since = messages.slice(messages.findIndex(({ id }) => id === openedAt) + 1);
  const fromOthers = since.filter(({ sender, deletedAt }) => sender.id !== viewerId && deletedAt === null);
  return (
    <div className="visually-hidden" role="status" aria-label="New messages" aria-atomic={false}>
      {fromOthers.slice(-told).map((message) => (
        <p key={message.id}>
          <bdi>{firstNameOf(message.sender)}</bdi>: <bdi>{message.body}</bdi>
        </p>
      ))}
    </div>
  );
}
