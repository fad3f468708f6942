// The page of one person: the bar on top, three sections side by side (one at a time where it is narrow), the backend below.
import { useEffect, useState, type ReactElement } from 'react';
import { useConnectionState, useConversations } from '../src/react/index.ts';
import { useShown } from './address.ts';
import { AnnouncementBar } from './announcements/announcement-bar.tsx';
import { BackendDrawer } from './backend/backend-drawer.tsx';
import { ConversationList } from './chat/conversation-list.tsx';
import { ConversationView } from './chat/conversation-view.tsx';
import { Icon, type IconName } from './parts/icon.tsx';
import { usePanel } from './parts/use-panel.ts';
import { products, type Product } from './shop/products.ts';
import { ShopPanel } from './shop/shop-panel.tsx';
import { OfflineNote } from './top-bar/offline-note.tsx';
import { TopBar } from './top-bar/top-bar.tsx';
import { useMedia } from './parts/use-media.ts';

type Section = 'conversations' | 'conversation' | 'shop';

const sections: readonly { readonly id: Section; readonly label: string; readonly icon: IconName }[] = [
  { id: 'conversations', label: 'Chats', icon: 'people' },
  { id: 'conversation', label: 'Messages', icon: 'chat' },
  { id: 'shop', label: 'Order', icon: 'box' },
];

export function Page(): ReactElement {
  const [section, setSection] = useState<Section>('conversations');
  const [product, setProduct] = useState<Product>(products[0]);
  const backend = usePanel();
  const { conversation: conversationId, show } = useShown();
  const isNarrow = useMedia('(width < 600px)');
  const { conversations } = useConversations();
  const { status } = useConnectionState();

  // Where there is room for it, something is shown; it stays while others become the newest.
  const firstId = conversations[0]?.id;
  useEffect(() => {
    if (conversationId === null && firstId !== undefined) show({ conversation: firstId }, 'replace');
  }, [conversationId, firstId, show]);

  const openConversation = (id: string) => {
    show({ conversation: id });
    setSection('conversation');
  };

  return (
    <div className="page" data-connection={status}>
      <a className="skip-link" href="#composer" onClick={(event) => focusComposer(event)}>
        Skip to the message field
      </a>
      <TopBar backend={backend} />
      <div className="bars">
        <OfflineNote />
        <AnnouncementBar />
      </div>
      <main className="sections" data-section={section}>
        <ConversationList shownId={conversationId} onOpen={openConversation} />
        <ConversationView
          key={conversationId}
          conversationId={conversationId}
          isVisible={!isNarrow || section === 'conversation'}
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
            onClick={() => setSection(id)}
          >
            <Icon name={icon} />
            {label}
          </button>
        ))}
      </nav>
    </div>
  );
}

function focusComposer(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('composer')?.focus();
}
