import type { ReactElement } from 'react';
import type { ConversationFragment, PresenceStatus } from '../../src/client/index.ts';
import { Avatar } from '../parts/avatar.tsx';
import { firstNameOf } from '../parts/names.ts';
import { shortly } from '../parts/times.ts';
import { useSession } from '../session.tsx';
import { mostAvailable, othersOf, titleOf } from './conversation-title.ts';

export interface ConversationRowProps {
  readonly conversation: ConversationFragment;
  readonly isShown: boolean;
  readonly statusOf: (userId: string) => PresenceStatus;
  readonly onOpen: () => void;
}

export function ConversationRow({
  conversation,
  isShown,
  statusOf,
  onOpen,
}: ConversationRowProps): ReactElement {
  const { person } = useSession();
  const { lastMessage, unreadCount, updatedAt } = conversation;
  const title = titleOf(conversation, person.id);
  const others = othersOf(conversation, person.id);
  const status = mostAvailable(others.map(({ id }) => statusOf(id)));

  return (
    <li>
      <button
        type="button"
        className="conversation-row"
        aria-current={isShown ? 'true' : undefined}
        data-unread={unreadCount > 0}
        onClick={onOpen}
      >
        <Avatar name={others[0]?.name ?? title} status={status} />
        <span className="conversation-text">
          <span className="conversation-line">
            <span className="conversation-title">{title}</span>
            <time dateTime={updatedAt}>{shortly(updatedAt)}</time>
          </span>
          <span className="conversation-line">
            <span className="conversation-last">{toPreview(lastMessage, person.id)}</span>
            {unreadCount > 0 && (
              <span className="badge">
                {unreadCount}
                <span className="visually-hidden"> unread</span>
              </span>
            )}
          </span>
        </span>
      </button>
    </li>
  );
}

function toPreview(message: ConversationFragment['lastMessage'], viewerId: string): string {
  if (message === null) return 'Nothing said yet';
  if (message.deletedAt !== null) return 'Message deleted';
  const who = message.sender.id === viewerId ? 'You' : firstNameOf(message.sender);
  return `${who}: ${message.body}`;
}
