import { useEffect, useState } from 'react';
import {
  InventoryAlertDocument,
  InventoryAlertsDocument,
  type InventoryAlertFragment,
} from '../../src/client/index.ts';
import { useTidings } from '../../src/react/index.ts';
import { readAndFollow } from './read-and-follow.ts';

/** The newest alert about the product; null: there is none; undefined: nothing is known yet. */
export function useStock(productId: string): InventoryAlertFragment | null | undefined {
  const client = useTidings();
  const [alert, setAlert] = useState<InventoryAlertFragment | null>();
  useEffect(() => {
    setAlert(undefined);
    const { stop } = readAndFollow({
      client,
      query: InventoryAlertsDocument,
      queryVariables: { productId, first: 1 },
      subscription: InventoryAlertDocument,
      subscriptionVariables: { productId },
      read: ({ inventoryAlerts: { nodes, cursor } }) => {
        setAlert(nodes[0] ?? null);
        return cursor;
      },
      event: ({ inventoryAlert }) => setAlert((known) => newerOf(known, inventoryAlert)),
      // What was read stays, and it is read again over the next connection.
      failed: () => {},
    });
    return stop;
  }, [client, productId]);
  return alert;
}

/** What was read may be newer than the cursor beside it. */
const newerOf = (known: InventoryAlertFragment | null | undefined, told: InventoryAlertFragment) =>
  known != null && known.occurredAt > told.occurredAt ? known : told;
