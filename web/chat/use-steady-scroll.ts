import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';

export interface SteadyScroll {
  /** For the element that scrolls; its last child is what grows in it. */
  readonly ref: RefObject<HTMLDivElement | null>;
  /** Whether the newest message is in sight, or about to be. */
  readonly isAtEnd: boolean;
  onScroll(): void;
  scrollToEnd(): void;
  /** The focus goes there too, for a button that is not needed at the end. */
  leapToEnd(): void;
}

const nearlyPx = 80;

/**
 * Stays at the newest message where that is in sight, whatever grows or shrinks, and at the same message while older ones are
 * put before it.
 */
export function useSteadyScroll(oldestId: string | undefined): SteadyScroll {
  const ref = useRef<HTMLDivElement>(null);
  const seen = useRef({ isAtEnd: true, top: 0, fromEnd: 0, oldestId });
  // What is rendered of it.
  const [isAtEnd, setIsAtEnd] = useState(true);

  useLayoutEffect(() => {
    const { isAtEnd: wasAtEnd, fromEnd, oldestId: before } = seen.current;
    const element = ref.current;
    if (element !== null && before !== oldestId && !wasAtEnd)
      element.scrollTop = element.scrollHeight - fromEnd;
    seen.current = { ...seen.current, oldestId };
  }, [oldestId]);

  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (seen.current.isAtEnd) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    if (element.lastElementChild !== null) observer.observe(element.lastElementChild);
    return () => observer.disconnect();
  }, []);

  const scrollToEnd = useCallback(() => {
    if (ref.current === null) return;
    seen.current = { ...seen.current, isAtEnd: true };
    setIsAtEnd(true);
    ref.current.scrollTop = ref.current.scrollHeight;
  }, []);

  return {
    ref,
    isAtEnd,
    scrollToEnd,
    leapToEnd() {
      ref.current?.focus();
      scrollToEnd();
    },
    onScroll() {
      // Not laid out, as in a section that is not shown: that tells nothing.
      if (ref.current === null || ref.current.clientHeight === 0) return;
      const { scrollHeight, scrollTop: top, clientHeight } = ref.current;
      const fromEnd = scrollHeight - top;
      const isNearEnd = fromEnd - clientHeight < nearlyPx;
      // Told late: meanwhile more may have come, or less may fit. Only whoever goes up leaves the end.
      const isNowAtEnd = isNearEnd || (seen.current.isAtEnd && top >= seen.current.top);
      seen.current = { ...seen.current, top, fromEnd, isAtEnd: isNowAtEnd };
      setIsAtEnd(isNowAtEnd);
    },
  };
}
