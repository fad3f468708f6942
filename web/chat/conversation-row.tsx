import type { ReactElement, ReactNode } from 'react';
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
            <span className="conversation-title" dir="auto">
              {title}
            </span>
            <time dateTime={updatedAt}>{shortly(updatedAt)}</time>
          </span>
          <span className="conversation-line">
            <span className="conversation-last">
              <Preview message={lastMessage} viewerId={person.id} />
            </span>
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

interface PreviewProps {
  readonly message: ConversationFragment['lastMessage'];
  readonly viewerId: string;
}

/** Names and texts may each be written from the right. */
function Preview({ message, viewerId }: PreviewProps): ReactNode {
  if (message === null) return 'Nothing said yet';
  if (message.deletedAt !== null) return 'Message deleted';
  return (
    <>
      <bdi>{message.sender.id === viewerId ? 'You' : firstNameOf(message.sender)}</bdi>:{' '}
      <bdi>{message.body}</bdi>
    </>
  );
}
