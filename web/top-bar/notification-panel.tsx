import { useEffect, useRef, useState, type ReactElement } from 'react';
import { useNotifications } from '../../src/react/index.ts';
import { Icon } from '../parts/icon.tsx';
import { EmptyNote, FailureNote, sentenceOf, Skeleton } from '../parts/notes.tsx';
import { NotificationItem } from './notification-item.tsx';

export function NotificationPanel({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { status, notifications, unreadCount, hasMore, error, markRead, markAllRead, loadMore, refetch } =
    useNotifications();
  const [failure, setFailure] = useState<string | null>(null);
  const headingRef = useRef<HTMLHeadingElement>(null);
  useEffect(() => headingRef.current?.focus(), []);

  const attempt = (work: Promise<void>) => {
    setFailure(null);
    // The button that was pressed goes: the focus stays in the panel.
    headingRef.current?.focus();
    work.catch((reason: unknown) => setFailure(sentenceOf(reason)));
  };

  return (
    <section id="notifications" className="popover card" role="dialog" aria-labelledby="notifications-title">
      <div className="panel-head">
        <h2 id="notifications-title" ref={headingRef} tabIndex={-1}>
          Notifications
        </h2>
        <button
          type="button"
          className="link-button"
          disabled={unreadCount === 0}
          onClick={() => attempt(markAllRead())}
        >
          Mark all as read
        </button>
        <button type="button" className="button icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      {failure !== null && (
        <p className="inline-error" role="alert">
          {failure}
        </p>
      )}
      <div className="popover-body">
        {status === 'loading' && <Skeleton label="Loading notifications" />}
        {status === 'failed' && (
          <FailureNote
            what="Notifications could not be loaded"
            error={error}
            onRetry={() => void refetch()}
          />
        )}
        {status === 'live' && notifications.length === 0 && (
          <EmptyNote icon="bell" title="Nothing yet">
            What concerns you arrives here, on all your devices at once.
          </EmptyNote>
        )}
        <ul className="notifications" aria-label="Notifications">
          {notifications.map((notification) => (
            <NotificationItem
              key={notification.id}
              notification={notification}
              onRead={() => attempt(markRead(notification.id))}
            />
          ))}
        </ul>
        {hasMore && (
          <button type="button" className="link-button load-more" onClick={() => attempt(loadMore())}>
            Show older ones
          </button>
        )}
      </div>
    </section>
  );
}
