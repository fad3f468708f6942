import type { ReactElement } from 'react';
import { useConnectionState, useTidings } from '../../src/react/index.ts';
import { useNow } from '../parts/use-now.ts';

type ConnectionState = ReturnType<typeof useConnectionState>;

/** What the connection does, and when it tries again. */
export function ConnectionPill(): ReactElement {
  const state = useConnectionState();
  const client = useTidings();
  const nextTryAt = state.status === 'reconnecting' ? state.nextTryAt : null;
  const now = useNow(nextTryAt !== null);
  const seconds = nextTryAt === null ? 0 : Math.max(0, Math.ceil((nextTryAt.getTime() - now) / 1_000));
  const canTry = nextTryAt !== null || (state.status === 'closed' && state.reason !== 'disconnected');
  const reason = 'reason' in state ? ('message' in state ? state.message : state.reason) : undefined;

  return (
    <span className="pill" data-state={toTone(state)} title={reason}>
      <span role="status" aria-label="Connection">
        {toWords(state)}
      </span>
      {nextTryAt !== null && (
        // Of every second screen readers need not be told.
        <span className="pill-countdown" aria-hidden="true">
          in {seconds} s
        </span>
      )}
      {canTry && (
        <button type="button" className="link-button" onClick={() => client.connect()}>
          Try now
        </button>
      )}
    </span>
  );
}

function toWords(state: ConnectionState): string {
  switch (state.status) {
    case 'idle':
      return 'Not connected';
    case 'connecting':
      return 'Connecting…';
    case 'connected':
      return 'Live';
    case 'reconnecting':
      return 'Reconnecting';
    case 'closed':
      return state.reason === 'disconnected' ? 'Offline' : 'Refused';
  }
}

const toTone = ({ status }: ConnectionState): string =>
  status === 'connected' ? 'good' : status === 'closed' ? 'bad' : 'waiting';
