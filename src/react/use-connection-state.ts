import { useCallback, useSyncExternalStore } from 'react';
import type { ConnectionState } from '../client/connection-state.ts';
import { useTidings } from './tidings-provider.tsx';

const idle: ConnectionState = { status: 'idle' };

/** What to show of the connection: `connected`, `reconnecting` with the time of the next try, `closed` with the reason, … */
export function useConnectionState(): ConnectionState {
  const client = useTidings();
  return useSyncExternalStore(
    useCallback((listener) => client.onConnectionState(listener), [client]),
    () => client.connectionState,
    () => idle,
  );
}
