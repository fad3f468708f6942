import { useEffect } from 'react';
import { useConversation } from '../../src/react/index.ts';

export interface UnsentMessagesProps {
  readonly conversationId: string;
  readonly onAllSent: (conversationId: string) => void;
}

/**
 * Shows nothing: keeps what was written in a conversation, and not stored yet or refused, while another one is shown, and lets
 * the browser ask before the page is left.
 */
export function UnsentMessages({ conversationId, onAllSent }: UnsentMessagesProps): null {
  const { pending } = useConversation(conversationId);
  const isUnsent = pending.some(({ status }) => status !== 'sent');

  useEffect(() => {
    if (!isUnsent) return onAllSent(conversationId);
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isUnsent, conversationId, onAllSent]);

  return null;
}
