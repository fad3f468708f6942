import { useState, type ReactElement } from 'react';
import type { PresenceStatus } from '../../src/client/index.ts';
import { useConnectionState, usePresence } from '../../src/react/index.ts';
import { sentenceOf } from '../parts/notes.tsx';
import { presenceWords } from '../parts/presence-dot.tsx';
import { useSession } from '../session.tsx';

const choices: readonly PresenceStatus[] = ['ONLINE', 'AWAY', 'BUSY', 'OFFLINE'];

/** How the others see you. It stands until your last window is gone. */
export function PresenceSelect(): ReactElement {
  const { person } = useSession();
  const { byUser, setPresence } = usePresence();
  const { status: connection } = useConnectionState();
  const [failure, setFailure] = useState<string | null>(null);
  const own = byUser.get(person.id)?.status ?? 'ONLINE';

  const choose = (status: PresenceStatus) => {
    setFailure(null);
    setPresence({ status }).catch((error: unknown) => setFailure(sentenceOf(error)));
  };

  return (
    <label className="field-inline">
      <span className="dot" data-status={own} aria-hidden="true" />
      <select
        aria-label="Your status"
        value={own}
        disabled={connection !== 'connected'}
        title={failure ?? undefined}
        onChange={(event) => choose(event.target.value as PresenceStatus)}
      >
        {choices.map((status) => (
          <option key={status} value={status}>
            {status === 'OFFLINE' ? 'Appear offline' : presenceWords[status]}
          </option>
        ))}
      </select>
    </label>
  );
}
