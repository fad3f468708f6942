// A panel that a button opens: Escape closes it and gives the focus back to the button.
import { useRef, useState, type KeyboardEvent, type RefObject } from 'react';

export interface Panel {
  readonly isOpen: boolean;
  /** For the button. */
  readonly openerRef: RefObject<HTMLButtonElement | null>;
  toggle(): void;
  close(): void;
  /** For the panel and its button. */
  onKeyDown(event: KeyboardEvent): void;
}

export function usePanel(): Panel {
  const [isOpen, setIsOpen] = useState(false);
  const openerRef = useRef<HTMLButtonElement>(null);
  const close = () => {
    setIsOpen(false);
    openerRef.current?.focus();
  };
  return {
    isOpen,
    openerRef,
    toggle: () => setIsOpen((before) => !before),
    close,
    onKeyDown(event) {
      if (event.key !== 'Escape' || !isOpen || event.defaultPrevented) return;
      event.preventDefault();
      close();
    },
  };
}
