import { useLayoutEffect, useRef, type RefObject } from 'react';

/** For a part of the page that may be taken away while the focus is in it: then, and before it is gone, `onTakenAway` is called. */
export function useFocusHandover(ref: RefObject<HTMLElement | null>, onTakenAway: () => void): void {
  const latest = useRef(onTakenAway);
  latest.current = onTakenAway;
  useLayoutEffect(() => {
    const element = ref.current;
    return () => {
      if (element?.contains(document.activeElement)) latest.current();
    };
  }, [ref]);
}
