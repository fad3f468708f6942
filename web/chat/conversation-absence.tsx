import type { ReactElement } from 'react';
import type { ConversationFragment } from '../../src/client/index.ts';
import { useConnectionState } from '../../src/react/index.ts';
import { EmptyNote, FailureNote, Skeleton } from '../parts/notes.tsx';
import { useIsOffline, useSession } from '../session.tsx';
import { titleOf } from './conversation-title.ts';

export interface ConversationAbsenceProps {
  readonly status: 'none' | 'loading' | 'live' | 'not-found' | 'failed';
  readonly error: Error | null;
  readonly onRetry: () => void;
  /** Offered where this one is not to be had. */
  readonly another: ConversationFragment | undefined;
  readonly onOpen: (conversationId: string) => void;
}

/** Why no messages are shown. */
export function ConversationAbsence({
  status,
  error,
  onRetry,
  another,
  onOpen,
}: ConversationAbsenceProps): ReactElement {
  const { person } = useSession();
  const isOffline = useIsOffline();
  const connection = useConnectionState().status;

  if (status === 'none') {
    return (
      <EmptyNote icon="chat" title="No conversation chosen">
        Choose one from the list, or begin a new one.
      </EmptyNote>
    );
  }
  if (status === 'failed') {
    return <FailureNote what="The conversation could not be shown" error={error} onRetry={onRetry} />;
  }
  if (status === 'not-found') {
    return (
      <EmptyNote icon="chat" title="There is no such conversation">
        It does not exist, or you do not take part in it.
        {another !== undefined && (
          <button type="button" className="button" onClick={() => onOpen(another.id)}>
            Go to “{titleOf(another, person.id)}”
          </button>
        )}
      </EmptyNote>
    );
  }
  if (isOffline || connection === 'reconnecting' || connection === 'closed') {
    return (
      <div role="status" aria-label="Why there are no messages">
        <EmptyNote icon="clock" title={isOffline ? 'You are offline' : 'There is no connection'}>
          This conversation was not loaded yet. It comes with the connection.
        </EmptyNote>
      </div>
    );
  }
  return <Skeleton label="Loading messages" rows={5} />;
}
