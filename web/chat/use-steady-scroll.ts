import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react';

export interface SteadyScroll {
  /** For the element that scrolls; its last child is what grows in it. */
  readonly ref: RefObject<HTMLDivElement | null>;
  onScroll(): void;
}

const nearlyPx = 80;

/**
 * Stays at the newest message where that is in sight, whatever grows or shrinks, and at the same message while older ones are
 * put before it.
 */
export function useSteadyScroll(oldestId: string | undefined): SteadyScroll {
  const ref = useRef<HTMLDivElement>(null);
  const seen = useRef({ isAtEnd: true, top: 0, fromEnd: 0, oldestId });

  useLayoutEffect(() => {
    const { isAtEnd, fromEnd, oldestId: before } = seen.current;
    const element = ref.current;
    if (element !== null && before !== oldestId && !isAtEnd)
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

  return {
    ref,
    onScroll() {
      if (ref.current === null) return;
      const { scrollHeight, scrollTop: top, clientHeight } = ref.current;
      const fromEnd = scrollHeight - top;
      const isNearEnd = fromEnd - clientHeight < nearlyPx;
      // Told late: meanwhile more may have come, or less may fit. Only whoever goes up leaves the end.
      const isAtEnd = isNearEnd || (seen.current.isAtEnd && top >= seen.current.top);
      seen.current = { ...seen.current, top, fromEnd, isAtEnd };
    },
  };
}
