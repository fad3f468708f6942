import { useEffect } from 'react';
import { useConversations, useNotifications } from '../../src/react/index.ts';
import { firstNameOf } from '../parts/names.ts';
import { useSession } from '../session.tsx';

/** "(3) Bob – Tidings demo": of two windows side by side one sees who is who, and in which something has come. */
export function useWindowTitle(): void {
  const { person } = useSession();
  const { unreadCount } = useNotifications();
  const { conversations } = useConversations();
  const unread = conversations.reduce((sum, conversation) => sum + conversation.unreadCount, unreadCount);
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${firstNameOf(person)} – Tidings demo`;
  }, [unread, person]);
}
