import type { ReactElement } from 'react';
import { OrderPanel } from './order-panel.tsx';
import { ProductCard, type ProductCardProps } from './product-card.tsx';

export function ShopPanel(props: ProductCardProps): ReactElement {
  return (
    <div className="panel shop-panel">
      <OrderPanel />
      <ProductCard {...props} />
    </div>
  );
}
