// The page of one person: the bar on top, three sections side by side (one at a time where it is narrow), the backend below.
import { useCallback, useEffect, useState, type ReactElement } from 'react';
import { useConnectionState, useConversations } from '../src/react/index.ts';
import { useShown, type Section } from './address.ts';
import { AnnouncementBar } from './announcements/announcement-bar.tsx';
import { BackendDrawer } from './backend/backend-drawer.tsx';
import { ConversationList } from './chat/conversation-list.tsx';
import { ConversationView, type Arrival } from './chat/conversation-view.tsx';
import { UnsentMessages } from './chat/unsent-messages.tsx';
import { Icon, type IconName } from './parts/icon.tsx';
import { usePanel } from './parts/use-panel.ts';
import { products, type Product } from './shop/products.ts';
import { ShopPanel } from './shop/shop-panel.tsx';
import { OfflineNote } from './top-bar/offline-note.tsx';
import { TopBar } from './top-bar/top-bar.tsx';
import { useMedia } from './parts/use-media.ts';

const sections: readonly { readonly id: Section; readonly label: string; readonly icon: IconName }[] = [
  { id: 'conversations', label: 'Chats', icon: 'people' },
  { id: 'conversation', label: 'Messages', icon: 'chat' },
  { id: 'shop', label: 'Order', icon: 'box' },
];

export function Page(): ReactElement {
  const [product, setProduct] = useState<Product>(products[0]);
  const [arrival, setArrival] = useState<Arrival | null>(null);
  const [unsentIn, setUnsentIn] = useState<ReadonlySet<string>>(new Set());
  const backend = usePanel();
  const { conversation: conversationId, section, show } = useShown();
  // As in styles/layout.css.
  const isNarrow = useMedia('(width < 600px)');
  const { conversations } = useConversations();
  const { status } = useConnectionState();

  // Something is shown; it stays while others become the newest. Where it is narrow, the list stays before it.
  const firstId = conversations[0]?.id;
  useEffect(() => {
    if (conversationId === null && firstId !== undefined) show({ conversation: firstId, section }, 'replace');
  }, [conversationId, firstId, section, show]);

  const openConversation = (id: string, focusOn: Arrival['focusOn'] | null) => {
    show({ conversation: id, section: 'conversation' });
    setArrival(focusOn === null ? null : { conversationId: id, focusOn });
  };

  const skipToComposer = (event: { preventDefault(): void }) => {
    event.preventDefault();
    if (conversationId === null) return;
    if (isNarrow) show({ section: 'conversation' });
    setArrival({ conversationId, focusOn: 'composer' });
  };

  const forgetUnsent = useCallback((id: string) => {
    setUnsentIn((before) => new Set([...before].filter((each) => each !== id)));
  }, []);

  return (
    <div className="page" data-connection={status}>
      <a className="skip-link" href="#composer" onClick={skipToComposer}>
        Skip to the message field
      </a>
      <TopBar backend={backend} />
      <div className="bars">
        <OfflineNote />
        <AnnouncementBar />
      </div>
      <main className="sections" data-section={section}>
        <ConversationList
          shownId={conversationId}
          // Where the list goes, so does what had the focus.
          onOpen={(id) => openConversation(id, isNarrow ? 'heading' : null)}
          onCreated={(id) => openConversation(id, 'composer')}
        />
        <ConversationView
          key={conversationId}
          conversationId={conversationId}
          isVisible={!isNarrow || section === 'conversation'}
          arrival={arrival}
          onArrived={() => setArrival(null)}
          onOpen={(id) => openConversation(id, 'heading')}
          onSent={(id) => setUnsentIn((before) => new Set([...before, id]))}
        />
        <ShopPanel product={product} onProduct={setProduct} />
      </main>
      {backend.isOpen && <BackendDrawer panel={backend} product={product} />}
      <nav className="section-switch" aria-label="Sections">
        {sections.map(({ id, label, icon }) => (
          <button
            key={id}
            type="button"
            aria-current={section === id ? 'true' : undefined}
            onClick={() => show({ section: id })}
          >
            <Icon name={icon} />
            {label}
          </button>
        ))}
      </nav>
      {[...unsentIn].map((id) => (
        <UnsentMessages key={id} conversationId={id} onAllSent={forgetUnsent} />
      ))}
    </div>
  );
}
