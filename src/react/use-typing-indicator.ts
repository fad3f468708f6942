import { useMemo } from 'react';
import type { UserFragment } from '../client/generated.ts';
import { nobodyTypes } from './typing-state.ts';
import { TypingStore } from './typing-store.ts';
import { useLiveStore } from './use-live-store.ts';

export interface TypingIndicator {
  /** The others who are typing now. */
  readonly typing: readonly UserFragment[];
  /** Call it at every keystroke: it tells the others now and then, and by itself when no more keystrokes come. */
  onTyping(): void;
  /** The text was emptied or the field was left. */
  onStopped(): void;
  /** The message was sent, which ends it for the others as well. */
  onSent(): void;
}

/** @param conversationId null or undefined: none yet; nothing is told */
export function useTypingIndicator(conversationId: string | null | undefined): TypingIndicator {
  const { state: typing, requireStore } = useLiveStore(
    conversationId == null ? null : `typing ${conversationId}`,
    nobodyTypes,
    (client) => new TypingStore(client, conversationId as string),
  );
  const isNone = conversationId == null;
  return useMemo(
    () => ({
      typing,
      onTyping: () => isNone || requireStore().typed(),
      onStopped: () => isNone || requireStore().stopped(),
      onSent: () => isNone || requireStore().sent(),
    }),
    [typing, isNone, requireStore],
  );
}
