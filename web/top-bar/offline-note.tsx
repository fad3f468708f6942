// Says what it means to be offline or to have lost the connection, and afterwards what came in meanwhile.
import type { ReactElement, ReactNode } from 'react';
import { useConnectionState } from '../../src/react/index.ts';
import { Icon, type IconName } from '../parts/icon.tsx';
import { listOf } from '../parts/names.ts';
import { useIsOffline, useSession } from '../session.tsx';
import { toCounts } from './missed.ts';
import { useMissed } from './use-missed.ts';

export function OfflineNote(): ReactElement {
  return (
    <div role="status" aria-label="What you missed">
      <Note />
    </div>
  );
}

function Note(): ReactElement | null {
  const isOffline = useIsOffline();
  const { comeBack } = useSession();
  const { missed, forget } = useMissed();
  const state = useConnectionState();
  const counts = missed === null ? [] : toCounts(missed);

  if (isOffline) {
    return (
      <Bar tone="offline" icon="clock">
        <p>
          <strong>You are offline.</strong> The others go on without you, and what you write waits here.
        </p>
        <button type="button" className="button" onClick={comeBack}>
          Come back
        </button>
      </Bar>
    );
  }
  if (state.status === 'closed' && state.reason !== 'disconnected') {
    return (
      <Bar tone="bad" icon="warning">
        <p>
          <strong>The server has refused this visit.</strong> Nothing is sent and nothing arrives here until
          you begin anew.
        </p>
        <a className="button" href="/">
          Choose who you are
        </a>
      </Bar>
    );
  }
  if (state.status === 'reconnecting') {
    return (
      <Bar tone="warning" icon="warning" isLate>
        <p>
          <strong>The connection is lost</strong> ({state.reason.replace(/\.$/, '')}). What you write waits
          here.
        </p>
      </Bar>
    );
  }
  if (counts.length === 0) return null;
  return (
    <Bar tone="good" icon="check">
      <p>
        <strong>{listOf(counts)}</strong> came while you were away, and nothing is missing.
      </p>
      <button type="button" className="button icon-button" aria-label="Close" onClick={forget}>
        <Icon name="close" />
      </button>
    </Bar>
  );
}

interface BarProps {
  readonly tone: 'offline' | 'warning' | 'bad' | 'good';
  readonly icon: IconName;
  readonly isLate?: boolean;
  readonly children: ReactNode;
}

const Bar = ({ tone, icon, isLate = false, children }: BarProps): ReactElement => (
  <div className={isLate ? 'bar late' : 'bar'} data-tone={tone}>
    <Icon name={icon} />
    {children}
  </div>
);
