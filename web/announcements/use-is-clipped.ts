import { useEffect, useRef, useState, type RefObject } from 'react';

/** Whether the element holds more than it shows, as it is, and however its width changes. */
export function useIsClipped<Holder extends Element>(): {
  readonly ref: RefObject<Holder | null>;
  readonly isClipped: boolean;
} {
  const ref = useRef<Holder>(null);
  const [isClipped, setIsClipped] = useState(false);
  useEffect(() => {
    const holder = ref.current;
    if (holder === null) return undefined;
    const observer = new ResizeObserver(() => setIsClipped(holder.scrollHeight > holder.clientHeight + 1));
    observer.observe(holder);
    return () => observer.disconnect();
  }, []);
  return { ref, isClipped };
}
