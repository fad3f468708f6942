import { useSyncExternalStore } from 'react';

export const usePageVisibility = (): boolean =>
  useSyncExternalStore(listen, () => document.visibilityState === 'visible');

function listen(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}
