import { useEffect, useRef, useState } from 'react';
import {
  ConversationsDocument,
  NotificationsDocument,
  OrdersDocument,
  type TidingsClient,
} from '../../src/client/index.ts';
import { useConnectionState, useConversations, useNotifications, useTidings } from '../../src/react/index.ts';
import { useIsOffline, useSession } from '../session.tsx';
import { useOrders } from '../shop/order-list.ts';
import { missedBetween, type Missed, type Standing } from './missed.ts';

/** What came while this window was switched offline; null: nothing to tell. */
export function useMissed(): { readonly missed: Missed | null; forget(): void } {
  const client = useTidings();
  const { person } = useSession();
  const isOffline = useIsOffline();
  const { status: connection } = useConnectionState();
  const standing = useStanding();
  /** From the leaving until it is known what came since; every leaving is another object. */
  const left = useRef<{ readonly standing: Standing | null } | null>(null);
  const isAsking = useRef(false);
  const [missed, setMissed] = useState<Missed | null>(null);

  const ask = async (leaving: typeof left.current) => {
    isAsking.current = true;
    const after = await readStanding(client, person.id);
    isAsking.current = false;
    // Away again meanwhile, it is asked later.
    if (after === null || left.current !== leaving) return;
    left.current = null;
    if (leaving?.standing) setMissed(missedBetween(leaving.standing, after));
  };

  useEffect(() => {
    if (isOffline) {
      left.current = { standing: left.current?.standing ?? standing };
      setMissed(null);
    } else if (left.current !== null && !isAsking.current) {
      // At once, before what came is marked as read here; and once more where only the connection tells that the server is back.
      void ask(left.current);
    }
    // How things stand is of interest at the moment of leaving only.
  }, [isOffline, !isOffline && connection]);

  return { missed, forget: () => setMissed(null) };
}

/** As far as it is shown; null: something is not known yet. */
function useStanding(): Standing | null {
  const conversations = useConversations();
  const notifications = useNotifications();
  const orders = useOrders();
  const isKnown = [conversations, notifications, orders].every(({ status }) => status !== 'loading');
  return isKnown
    ? {
        conversations: conversations.conversations,
        notifications: notifications.notifications,
        orders: orders.orders,
      }
    : null;
}

/** null where it can not be read. */
async function readStanding(client: TidingsClient, customerId: string): Promise<Standing | null> {
  const context = { requestPolicy: 'network-only' } as const;
  const [{ data: chats }, { data: news }, { data: shop }] = await Promise.all([
    client.query(ConversationsDocument, { first: 50 }, context).toPromise(),
    client.query(NotificationsDocument, { first: 100 }, context).toPromise(),
    client.query(OrdersDocument, { customerId, first: 20 }, context).toPromise(),
  ]);
  if (chats === undefined || news === undefined || shop === undefined) return null;
  return {
    conversations: chats.conversations.nodes,
    notifications: news.notifications.nodes,
    orders: shop.orders.nodes,
  };
}
