import type { ReactElement } from 'react';
import { useNotifications } from '../../src/react/index.ts';
import { Icon } from '../parts/icon.tsx';
import { usePanel } from '../parts/use-panel.ts';
import { NotificationPanel } from './notification-panel.tsx';
import { useOutsidePress } from './use-outside-press.ts';

/** The count is the same in every tab and on every device. */
export function Bell(): ReactElement {
  const { unreadCount } = useNotifications();
  const panel = usePanel();
  const ref = useOutsidePress(panel.isOpen, panel.close);
  return (
    <div className="bell" ref={ref} onKeyDown={panel.onKeyDown}>
      <button
        type="button"
        ref={panel.openerRef}
        className="button icon-button"
        aria-label={`Notifications, ${unreadCount} unread`}
        aria-expanded={panel.isOpen}
        aria-controls="notifications"
        onClick={panel.toggle}
      >
        <Icon name="bell" />
        {unreadCount > 0 && (
          <span className="badge" aria-hidden="true">
            {unreadCount > 99 ? '99+' : unreadCount}
          </span>
        )}
      </button>
      <span className="visually-hidden" role="status">
        {unreadCount > 0 ? `${unreadCount} unread notifications` : ''}
      </span>
      {panel.isOpen && <NotificationPanel onClose={panel.close} />}
    </div>
  );
}
