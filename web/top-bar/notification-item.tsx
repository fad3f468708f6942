import type { ReactElement } from 'react';
import type { NotificationFragment } from '../../src/client/index.ts';
import { shortly } from '../parts/times.ts';

export interface NotificationItemProps {
  readonly notification: NotificationFragment;
  readonly onRead: () => void;
}

export function NotificationItem({ notification, onRead }: NotificationItemProps): ReactElement {
  const { type, priority, title, body, createdAt, readAt } = notification;
  const isUrgent = priority === 'HIGH' || priority === 'CRITICAL';
  return (
    <li className="notification" data-unread={readAt === null}>
      <div className="notification-head">
        <span className="tag">{toWord(type)}</span>
        {isUrgent && (
          <span className="tag" data-tone={priority === 'CRITICAL' ? 'bad' : 'warning'}>
            {toWord(priority)}
          </span>
        )}
        <time dateTime={createdAt}>{shortly(createdAt)}</time>
      </div>
      <p className="notification-title">
        {readAt === null && <span className="visually-hidden">Unread: </span>}
        {title}
      </p>
      {body !== '' && <p className="muted">{body}</p>}
      {readAt === null && (
        <button type="button" className="link-button" onClick={onRead}>
          Mark as read<span className="visually-hidden"> “{title}”</span>
        </button>
      )}
    </li>
  );
}

const toWord = (word: string): string => word.charAt(0) + word.slice(1).toLowerCase();
