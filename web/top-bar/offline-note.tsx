// Says what it means to be offline or to have lost the connection, and afterwards what came in meanwhile.
import { useEffect, useState, type ReactElement } from 'react';
import { useConnectionState, useNotifications } from '../../src/react/index.ts';
import { Icon } from '../parts/icon.tsx';
import { useIsOffline, useSession } from '../session.tsx';

export function OfflineNote(): ReactElement {
  const isOffline = useIsOffline();
  const { comeBack } = useSession();
  const { caughtUp, forget } = useCaughtUp(isOffline);
  const state = useConnectionState();
  const lostBecause = isOffline
    ? null
    : state.status === 'reconnecting'
      ? state.reason
      : state.status === 'closed'
        ? state.message
        : null;
  return (
    <div role="status" aria-label="What you missed">
      {isOffline && (
        <div className="bar" data-tone="offline">
          <Icon name="clock" />
          <p>
            <strong>You are offline.</strong> The others go on without you, and what you write waits here.
          </p>
          <button type="button" className="button" onClick={comeBack}>
            Come back
          </button>
        </div>
      )}
      {lostBecause !== null && (
        <div className="bar late" data-tone="warning">
          <Icon name="warning" />
          <p>
            <strong>The connection is lost</strong> ({lostBecause}). What you write waits here.
          </p>
        </div>
      )}
      {!isOffline && lostBecause === null && caughtUp > 0 && (
        <div className="bar" data-tone="good">
          <Icon name="check" />
          <p>
            <strong>
              {caughtUp} {caughtUp === 1 ? 'notification' : 'notifications'}
            </strong>{' '}
            came while you were away, and all of them are there.
          </p>
          <button type="button" className="button icon-button" aria-label="Close" onClick={forget}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}

/** How many notifications of the time offline have arrived since. */
function useCaughtUp(isOffline: boolean): { readonly caughtUp: number; forget(): void } {
  const { notifications } = useNotifications();
  const [away, setAway] = useState<{
    readonly newestId: string | null;
    readonly until: string | null;
  } | null>(null);
  const newestId = notifications[0]?.id ?? null;
  useEffect(() => {
    if (isOffline) setAway({ newestId, until: null });
    else setAway((before) => before && { ...before, until: new Date().toISOString() });
    // What was the newest is of interest at the moment of leaving only.
  }, [isOffline]);
  const { until } = away ?? { until: null };
  if (away === null || until === null) return { caughtUp: 0, forget: () => {} };
  const known = notifications.findIndex(({ id }) => id === away.newestId);
  const since = known === -1 ? notifications : notifications.slice(0, known);
  const caughtUp = since.filter(({ createdAt }) => createdAt <= until).length;
  return { caughtUp, forget: () => setAway(null) };
}
