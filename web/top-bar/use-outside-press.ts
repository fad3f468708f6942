import { useEffect, useRef, type RefObject } from 'react';

/** Closes what is open when somebody presses beside it, or presses Escape wherever the focus is. */
export function useOutsidePress(isOpen: boolean, close: () => void): RefObject<HTMLDivElement | null> {
  const ref = useRef<HTMLDivElement>(null);
  const latest = useRef(close);
  useEffect(() => {
    latest.current = close;
  });
  useEffect(() => {
    if (!isOpen) return undefined;
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const onPress = ({ target }: Event) => {
      if (!(target instanceof Node && ref.current?.contains(target))) latest.current();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) latest.current();
    };
    document.addEventListener('pointerdown', onPress, options);
    document.addEventListener('keydown', onKey, options);
    return () => controller.abort();
  }, [isOpen]);
  return ref;
}
