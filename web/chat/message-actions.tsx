import { useEffect, useRef, useState, type MouseEvent, type ReactElement } from 'react';
import { sentenceOf } from '../parts/notes.tsx';

export interface MessageActionsProps {
  /** Back from editing: the focus goes where it came from. */
  readonly isBack: boolean;
  readonly onEdit: () => void;
  /** Rejects where it is refused. */
  readonly onDelete: () => Promise<void>;
}

/** Shown when the pointer or the focus is at the message; always where there is no pointer. */
export function MessageActions({ isBack, onEdit, onDelete }: MessageActionsProps): ReactElement {
  const editRef = useRef<HTMLButtonElement>(null);
  const [isAsking, setIsAsking] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    if (isBack) editRef.current?.focus();
  }, [isBack]);

  const remove = (event: MouseEvent<HTMLButtonElement>) => {
    setFailure(null);
    // The button goes with the message: the focus stays in the conversation.
    event.currentTarget.closest<HTMLElement>('[role=log]')?.focus();
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
          <button type="button" ref={editRef} className="link-button" onClick={onEdit}>
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
