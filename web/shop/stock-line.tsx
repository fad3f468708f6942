import type { ReactElement } from 'react';
import type { InventoryAlertSubscription } from '../../src/client/index.ts';
import { useInventoryAlertsQuery, useInventoryAlertSubscription } from '../../src/react/index.ts';
import type { Product } from './products.ts';

/** What the backend has last said about the stock: the generated hooks are enough for that. */
export function StockLine({ product }: { readonly product: Product }): ReactElement | null {
  const [{ data: known }] = useInventoryAlertsQuery({
    variables: { productId: product.id, first: 1 },
  });
  const [{ data: told }] = useInventoryAlertSubscription<InventoryAlertSubscription>({
    variables: { productId: product.id },
  });
  const alert = told?.inventoryAlert ?? known?.inventoryAlerts.nodes[0];
  return (
    <p className="stock" role="status" aria-label="Stock" data-kind={alert?.kind ?? 'BACK_IN_STOCK'}>
      {alert === undefined ? 'In stock' : toWords(alert)}
    </p>
  );
}

function toWords({ kind, stockLevel }: InventoryAlertSubscription['inventoryAlert']): string {
  switch (kind) {
    case 'OUT_OF_STOCK':
      return 'Sold out';
    case 'LOW_STOCK':
      return `Only ${stockLevel} left`;
    case 'BACK_IN_STOCK':
      return `In stock: ${stockLevel}`;
  }
}
