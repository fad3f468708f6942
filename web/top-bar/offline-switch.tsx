import type { ReactElement } from 'react';
import { useIsOffline, useSession } from '../session.tsx';

/** Takes the network from this window alone. */
export function OfflineSwitch(): ReactElement {
  const { goOffline, comeBack } = useSession();
  const isOffline = useIsOffline();
  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-checked={isOffline}
      onClick={isOffline ? comeBack : goOffline}
    >
      <span className="switch-track" aria-hidden="true" />
      Go offline
    </button>
  );
}
