import { useEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactElement } from 'react';
import { sentenceOf } from '../parts/notes.tsx';
import { useFocusHandover } from '../parts/use-focus-handover.ts';

export interface MessageActionsProps {
  /** Back from editing: the focus goes where it came from. */
  readonly takesFocus: boolean;
  readonly isInTabOrder: boolean;
  readonly onEdit: () => void;
  /** Rejects where it is refused. */
  readonly onDelete: () => Promise<void>;
  /** The focus was here, and the actions go: somebody has deleted the message elsewhere. */
  readonly onTakenAway: () => void;
}

/** Shown when the pointer or the focus is at the message; always where there is no pointer. */
export function MessageActions({
  takesFocus,
  isInTabOrder,
  onEdit,
  onDelete,
  onTakenAway,
}: MessageActionsProps): ReactElement {
  const ref = useRef<HTMLDivElement>(null);
  const editRef = useRef<HTMLButtonElement>(null);
  const deleteRef = useRef<HTMLButtonElement>(null);
  const keepRef = useRef<HTMLButtonElement>(null);
  const [asking, setAsking] = useState<'no' | 'now' | 'before'>('no');
  const [failure, setFailure] = useState<string | null>(null);
  const tabIndex = isInTabOrder ? 0 : -1;
  useFocusHandover(ref, onTakenAway);

  useEffect(() => {
    if (takesFocus) editRef.current?.focus();
  }, [takesFocus]);
  useEffect(() => {
    if (asking === 'now') keepRef.current?.focus();
    if (asking === 'before') deleteRef.current?.focus();
  }, [asking]);

  const remove = (event: MouseEvent<HTMLButtonElement>) => {
    setFailure(null);
    // The button goes with the message, whose place stays.
    event.currentTarget.closest<HTMLElement>('.message')?.focus();
    onDelete().catch((error: unknown) => {
      setFailure(sentenceOf(error));
      setAsking('no');
    });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // A key that is held down answers nothing: what it asked for comes first.
    if (event.repeat && (event.key === 'Enter' || event.key === ' ')) event.preventDefault();
    if (event.key !== 'Escape' || asking !== 'now') return;
    event.preventDefault();
    setAsking('before');
  };

  return (
    <div
      ref={ref}
      className="message-actions"
      data-open={asking === 'now' || failure !== null}
      onKeyDown={onKeyDown}
    >
      {failure !== null && (
        <p className="inline-error" role="alert">
          {failure}
        </p>
      )}
      {asking === 'now' ? (
        <>
          <span className="muted">Delete for everyone?</span>
          <button
            key="keep"
            type="button"
            ref={keepRef}
            className="link-button"
            onClick={() => setAsking('before')}
          >
            Keep
          </button>
          <button key="delete-now" type="button" className="link-button" data-tone="bad" onClick={remove}>
            Yes, delete
          </button>
        </>
      ) : (
        <>
          <button
            key="edit"
            type="button"
            ref={editRef}
            className="link-button"
            tabIndex={tabIndex}
            onClick={onEdit}
          >
            Edit
          </button>
          <button
            key="delete"
            type="button"
            ref={deleteRef}
            className="link-button"
            tabIndex={tabIndex}
            onClick={() => setAsking('now')}
          >
            Delete
          </button>
        </>
      )}
    </div>
  );
}
