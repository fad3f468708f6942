// What tells a page that its network may have changed under it: a laptop waking up, a tab coming back, a cable plugged in.

/** Calls `woken` when it is worth looking at the connection at once, and `offline` when the device says it has no network. */
export type WakeSignals = (listener: { woken(): void; offline(): void }) => () => void;

const tickMs = 5_000;
/** A timer that comes this much too late has slept with its machine. */
const sleptMs = 10_000;

/** A page's own. Where there is no page (Node) only the clock is watched; that keeps no process alive. */
export const pageSignals: WakeSignals = ({ woken, offline }) => {
  const page = globalThis as Partial<Pick<Window, 'addEventListener' | 'removeEventListener' | 'document'>>;
  const shown = () => {
    if (page.document?.visibilityState === 'visible') woken();
  };
  page.addEventListener?.('online', woken);
  page.addEventListener?.('offline', offline);
  page.addEventListener?.('pageshow', woken);
  page.document?.addEventListener('visibilitychange', shown);

  let last = Date.now();
  const clock: ReturnType<typeof setInterval> | number = setInterval(() => {
    const now = Date.now();
    if (now - last > tickMs + sleptMs) woken();
    last = now;
  }, tickMs);
  if (typeof clock === 'object') clock.unref();

  return () => {
    clearInterval(clock);
    page.removeEventListener?.('online', woken);
    page.removeEventListener?.('offline', offline);
    page.removeEventListener?.('pageshow', woken);
    page.document?.removeEventListener('visibilitychange', shown);
  };
};
