import { useState, type ReactElement } from 'react';
import { sentenceOf } from '../parts/notes.tsx';

export interface MessageActionsProps {
  readonly onEdit: () => void;
  /** Rejects where it is refused. */
  readonly onDelete: () => Promise<void>;
}

/** Shown when the pointer or the focus is at the message; always where there is no pointer. */
export function MessageActions({ onEdit, onDelete }: MessageActionsProps): ReactElement {
  const [isAsking, setIsAsking] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  const remove = () => {
    setFailure(null);
    onDelete().catch((error: unknown) => {
      setFailure(sentenceOf(error));
      setIsAsking(false);
    });
  };

  return (
    <div className="message-actions" data-open={isAsking || failure !== null}>
      {failure !== null && (
        <p className="inline-error" role="alert">
          {failure}
        </p>
      )}
      {isAsking ? (
        <>
          <span className="muted">Delete for everyone?</span>
          <button type="button" className="link-button" data-tone="bad" onClick={remove}>
            Yes, delete
          </button>
          <button type="button" className="link-button" onClick={() => setIsAsking(false)}>
            Keep
          </button>
        </>
      ) : (
        <>
          <button type="button" className="link-button" onClick={onEdit}>
            Edit
          </button>
          <button type="button" className="link-button" onClick={() => setIsAsking(true)}>
            Delete
          </button>
        </>
      )}
    </div>
  );
}
