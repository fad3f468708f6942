import { useState, type SubmitEvent, type ReactElement } from 'react';
import type { Product } from '../shop/products.ts';
import { PublishButton } from './publish-button.tsx';
import { useBusy } from './use-busy.ts';
import type { Publisher } from './use-publisher.ts';

export interface StockFormProps {
  readonly publisher: Publisher;
  readonly product: Product;
}

const few = 5;

export function StockForm({ publisher, product }: StockFormProps): ReactElement {
  const [stock, setStock] = useState('3');
  const { isBusy, run } = useBusy();

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const stockLevel = Number(stock);
    const kind = stockLevel === 0 ? 'OUT_OF_STOCK' : stockLevel <= few ? 'LOW_STOCK' : 'BACK_IN_STOCK';
    const input = {
      productId: product.id,
      productName: product.name,
      kind,
      stockLevel,
    } as const;
    run(async () => {
      await publisher.publish(`Stock of ${product.name}: ${stockLevel}`, 'publishInventoryAlert', input);
    });
  };

  return (
    <form className="drawer-group" aria-label="Set the stock" onSubmit={submit}>
      <h3>Stock of {product.name}</h3>
      <label className="field">
        <span>Left</span>
        <input
          type="number"
          min={0}
          max={999}
          step={1}
          required
          value={stock}
          onChange={(event) => setStock(event.target.value)}
        />
      </label>
      <div className="form-actions">
        <PublishButton isBusy={isBusy}>Set</PublishButton>
      </div>
    </form>
  );
}
