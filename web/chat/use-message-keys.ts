import { useState, type KeyboardEvent } from 'react';
import type { MessageRow } from './message-rows.ts';

export interface MessageKeys {
  /** The message whose buttons Tab comes to; those of all others are passed over. */
  readonly inTabOrder: string | undefined;
  /** For the message that has the focus now, itself or something in it. */
  onFocus(messageId: string): void;
  /** For the list: the arrows, Home and End move the focus from message to message. */
  onKeyDown(event: KeyboardEvent<HTMLElement>): void;
}

/**
 * The list is one stop for Tab, and behind it are the buttons of one of its messages: of the one that had the focus last, or of
 * the newest own where something was sent since.
 */
export function useMessageKeys(rows: readonly MessageRow[], sends: number): MessageKeys {
  const [focused, setFocused] = useState<{ readonly id: string; readonly sends: number } | null>(null);
  const focusedId = focused?.sends === sends ? focused.id : null;
  const changeable = rows.filter(({ isOwn, message }) => isOwn && message.deletedAt === null);
  const chosen = changeable.find(({ message }) => message.id === focusedId) ?? changeable.at(-1);
  return {
    inTabOrder: chosen?.message.id,
    onFocus: (id) => setFocused({ id, sends }),
    onKeyDown(event) {
      // In a field the keys are the text's.
      if (event.target instanceof HTMLTextAreaElement) return;
      const items = [...event.currentTarget.querySelectorAll<HTMLElement>('.message')];
      const item = toNext(items, event.key);
      if (item === undefined) return;
      event.preventDefault();
      item.focus();
    },
  };
}

function toNext(items: readonly HTMLElement[], key: string): HTMLElement | undefined {
  const index = items.findIndex((item) => item.contains(document.activeElement));
  switch (key) {
    case 'ArrowUp':
      // From the list itself one comes to the newest, which is where one reads.
      return index === -1 ? items.at(-1) : items[index - 1];
    case 'ArrowDown':
      return index === -1 ? items.at(-1) : items[index + 1];
    case 'Home':
      return items[0];
    case 'End':
      return items.at(-1);
    default:
      return undefined;
  }
}
