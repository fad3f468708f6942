import { useEffect } from 'react';
import { useConnectionState, type useConversation } from '../../src/react/index.ts';
import { usePageVisibility } from '../parts/use-page-visibility.ts';

/** Marks everything as read while the newest message is in sight, as soon as it can be told. */
export function useMarkRead(conversation: ReturnType<typeof useConversation>, isEndInSight: boolean): void {
  const isPageVisible = usePageVisibility();
  const { status } = useConnectionState();
  const { messages, markRead } = conversation;
  const newestId = messages.at(-1)?.id;
  const canMark = isEndInSight && isPageVisible && status === 'connected' && conversation.status === 'live';
  useEffect(() => {
    // Where it fails, the next message or the next connection marks it.
    if (canMark && newestId !== undefined) markRead(newestId).catch(() => {});
  }, [canMark, newestId, markRead]);
}
