// The other side of the demo: what an application's own services would publish.
import { useEffect, useRef, type ReactElement } from 'react';
import { Icon } from '../parts/icon.tsx';
import type { Panel } from '../parts/use-panel.ts';
import type { Product } from '../shop/products.ts';
import { AnnouncementForm } from './announcement-form.tsx';
import { NotificationForm } from './notification-form.tsx';
import { OfflineProof } from './offline-proof.tsx';
import { OrderForm } from './order-form.tsx';
import { StockForm } from './stock-form.tsx';
import { usePublisher } from './use-publisher.ts';

export interface BackendDrawerProps {
  readonly panel: Panel;
  readonly product: Product;
}

const icons = { sending: 'clock', published: 'check', failed: 'warning' } as const;

export function BackendDrawer({ panel, product }: BackendDrawerProps): ReactElement {
  const publisher = usePublisher();
  const headingRef = useRef<HTMLHeadingElement>(null);
  useEffect(() => headingRef.current?.focus(), []);
  return (
    <section id="backend" className="drawer" aria-labelledby="backend-title" onKeyDown={panel.onKeyDown}>
      <div className="panel-head">
        <h2 id="backend-title" ref={headingRef} tabIndex={-1}>
          Backend
        </h2>
        <p className="muted">
          Publishes as your services would, with a token of its own. It is never offline.
        </p>
        <button
          type="button"
          className="button icon-button"
          aria-label="Close the backend"
          onClick={panel.close}
        >
          <Icon name="close" />
        </button>
      </div>
      <div className="drawer-body">
        <OfflineProof publisher={publisher} />
        <OrderForm publisher={publisher} />
        <NotificationForm publisher={publisher} />
        <AnnouncementForm publisher={publisher} />
        <StockForm publisher={publisher} product={product} />
      </div>
      <div role="log" aria-label="Published">
        <ul className="outcomes">
          {publisher.outcomes.map(({ id, sentence, state }) => (
            <li key={id} data-state={state}>
              <Icon name={icons[state]} />
              {state === 'sending' ? `Sending… ${sentence}` : sentence}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
