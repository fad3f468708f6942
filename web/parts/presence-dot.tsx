import type { ReactElement } from 'react';
import type { PresenceStatus } from '../../src/client/index.ts';

export const presenceWords: Readonly<Record<PresenceStatus, string>> = {
  ONLINE: 'Online',
  AWAY: 'Away',
  BUSY: 'Busy',
  OFFLINE: 'Offline',
};

/** Told by its form as well as by its colour, and in words to screen readers. */
export function PresenceDot({ status }: { readonly status: PresenceStatus }): ReactElement {
  return (
    <span className="dot" data-status={status} title={presenceWords[status]}>
      <span className="visually-hidden">{presenceWords[status]}</span>
    </span>
  );
}
