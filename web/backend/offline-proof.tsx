import { useState, type ReactElement } from 'react';
import { useIsOffline, useSession } from '../session.tsx';
import { PublishButton } from './publish-button.tsx';
import { randomId } from '../parts/random-id.ts';
import { useBusy } from './use-busy.ts';
import type { Publisher } from './use-publisher.ts';

const count = 5;

/** Takes this window offline, publishes, and leaves the coming back to you. */
export function OfflineProof({ publisher }: { readonly publisher: Publisher }): ReactElement {
  const { person, goOffline, comeBack } = useSession();
  const isOffline = useIsOffline();
  const { isBusy, run } = useBusy();
  /** The last time; null: not tried yet. */
  const [published, setPublished] = useState<number | null>(null);

  const publishAll = async () => {
    const wasOffline = isOffline;
    setPublished(null);
    goOffline();
    // The same five pressed again are others.
    const proof = randomId().slice(0, 4);
    let stored = 0;
    while (stored < count && (await publishOne(stored + 1, proof))) stored += 1;
    setPublished(stored);
    // There is nothing to come back for.
    if (stored === 0 && !wasOffline) comeBack();
  };

  const publishOne = (number: number, proof: string) =>
    publisher.publish(`Notification ${number} of ${count}, to ${person.name}`, 'sendNotification', {
      userIds: [person.id],
      type: 'SYSTEM',
      title: `While you were away: ${number} of ${count}`,
      body: '',
      data: { proof },
    });

  return (
    <div className="drawer-group">
      <h3>What is special</h3>
      <p className="muted">{toWords(isOffline, published)}</p>
      <PublishButton isBusy={isBusy} onClick={() => run(publishAll)}>
        Publish {count} while I am offline
      </PublishButton>
    </div>
  );
}

function toWords(isOffline: boolean, published: number | null): string {
  if (published === 0) return 'Nothing could be published: the backend does not reach the server. Try again.';
  if (!isOffline) return 'Goes offline here, publishes, and waits for you to come back.';
  const sofar = published === null || published === count ? '' : `Only ${published} could be published. `;
  return `${sofar}You are offline now. Come back, and see the bell: nothing is missing.`;
}
