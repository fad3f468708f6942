import { useState, type ReactElement } from 'react';
import { SendNotificationDocument } from '../../src/client/index.ts';
import { useIsOffline, useSession } from '../session.tsx';
import type { Publisher } from './use-publisher.ts';

const count = 5;

/** Takes this window offline, publishes, and leaves the coming back to you. */
export function OfflineProof({ publisher }: { readonly publisher: Publisher }): ReactElement {
  const { person, goOffline } = useSession();
  const isOffline = useIsOffline();
  const [isBusy, setIsBusy] = useState(false);

  const publishAll = async () => {
    setIsBusy(true);
    goOffline();
    const proof = crypto.randomUUID();
    for (let number = 1; number <= count; number += 1) {
      const input = {
        userIds: [person.id],
        type: 'SYSTEM' as const,
        title: `While you were away: ${number} of ${count}`,
        body: '',
        idempotencyKey: `${proof} ${number}`,
      };
      await publisher.publish(
        `Notification ${number} of ${count}, to ${person.name}`,
        SendNotificationDocument,
        { input },
      );
    }
    setIsBusy(false);
  };

  return (
    <div className="drawer-group">
      <h3>What is special</h3>
      <p className="muted">
        {isOffline
          ? 'You are offline now. Come back, and see the bell: nothing is missing.'
          : 'Goes offline here, publishes, and waits for you to come back.'}
      </p>
      <button
        type="button"
        className="button"
        data-primary
        disabled={isBusy}
        onClick={() => void publishAll()}
      >
        Publish {count} while I am offline
      </button>
    </div>
  );
}
