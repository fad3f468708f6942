import { useRef, useState } from 'react';

export interface Busy {
  readonly isBusy: boolean;
  /** Does nothing while it is at work: a second click comes before the button can tell of the first. */
  run(work: () => Promise<void>): void;
}

export function useBusy(): Busy {
  const [isBusy, setIsBusy] = useState(false);
  const atWork = useRef(false);
  return {
    isBusy,
    run(work) {
      if (atWork.current) return;
      const tell = (busy: boolean) => {
        atWork.current = busy;
        setIsBusy(busy);
      };
      tell(true);
      void work().finally(() => tell(false));
    },
  };
}
