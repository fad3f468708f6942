import type { ReactElement } from 'react';
import type { InventoryAlertFragment } from '../../src/client/index.ts';
import type { Product } from './products.ts';
import { useStock } from './use-stock.ts';

/** What the backend has last said about the stock. */
export function StockLine({ product }: { readonly product: Product }): ReactElement {
  const alert = useStock(product.id);
  return (
    <p className="stock" role="status" aria-label="Stock" data-kind={toKind(alert)}>
      {toWords(alert)}
    </p>
  );
}

const toKind = (alert: ReturnType<typeof useStock>) =>
  alert === undefined ? 'UNKNOWN' : (alert?.kind ?? 'BACK_IN_STOCK');

function toWords(alert: InventoryAlertFragment | null | undefined): string {
  if (alert === undefined) return 'Stock unknown';
  // What nobody has raised an alert about is there.
  if (alert === null) return 'In stock';
  switch (alert.kind) {
    case 'OUT_OF_STOCK':
      return 'Sold out';
    case 'LOW_STOCK':
      return `Only ${alert.stockLevel} left`;
    case 'BACK_IN_STOCK':
      return `In stock: ${alert.stockLevel}`;
  }
}
