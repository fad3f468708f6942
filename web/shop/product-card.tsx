import type { ReactElement } from 'react';
import { useRoom } from '../../src/react/index.ts';
import { Icon } from '../parts/icon.tsx';
import { listOf } from '../parts/names.ts';
import { useSession } from '../session.tsx';
import { products, roomOf, type Product } from './products.ts';
import { StockLine } from './stock-line.tsx';

export interface ProductCardProps {
  readonly product: Product;
  readonly onProduct: (product: Product) => void;
}

export function ProductCard({ product, onProduct }: ProductCardProps): ReactElement {
  const choose = (id: string) => onProduct(products.find((known) => known.id === id) ?? product);
  return (
    <section className="product" aria-labelledby="product-title">
      <div className="panel-head">
        <h2 id="product-title">Product</h2>
        <select aria-label="Product" value={product.id} onChange={(event) => choose(event.target.value)}>
          {products.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div className="panel-body">
        <div className="product-line">
          <strong>{product.name}</strong>
          <span>{product.price}</span>
        </div>
        <StockLine key={product.id} product={product} />
        <Lookers product={product} />
      </div>
    </section>
  );
}

/** Whoever has this product before their eyes is in its room. */
function Lookers({ product }: { readonly product: Product }): ReactElement {
  const { person } = useSession();
  const { status, count, members } = useRoom(roomOf(product));
  const others = members.filter(({ id }) => id !== person.id);
  const otherCount = Math.max(0, count - (others.length === members.length ? 0 : 1));
  return (
    <p className="lookers" role="status" aria-label="Who else looks at this">
      <Icon name="eye" />
      {status === 'loading' && 'Who else looks at this?'}
      {status === 'failed' && 'Who else looks at this is not known.'}
      {status === 'live' && toWords(otherCount, listOf(others.slice(0, 3).map(({ name }) => name)))}
    </p>
  );
}

function toWords(count: number, names: string): string {
  if (count === 0) return 'Nobody else looks at this product';
  return `${count} ${count === 1 ? 'other looks' : 'others look'} at this product: ${names}`;
}
