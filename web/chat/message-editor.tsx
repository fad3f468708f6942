import { useEffect, useRef, useState, type SubmitEvent, type KeyboardEvent, type ReactElement } from 'react';
import { sentenceOf } from '../parts/notes.tsx';
import { useFocusHandover } from '../parts/use-focus-handover.ts';
import { edits } from './drafts.ts';

export interface MessageEditorProps {
  readonly messageId: string;
  readonly body: string;
  /** Asked for by somebody, not left open when the conversation was last shown. */
  readonly takesFocus: boolean;
  /** Rejects where it is refused. */
  readonly onSave: (body: string) => Promise<void>;
  /** @param hadFocus Whether somebody is still here, and not elsewhere by the time it was saved. */
  readonly onClose: (hadFocus: boolean) => void;
  /** The focus was here, and the editor goes: somebody has deleted the message elsewhere. */
  readonly onTakenAway: () => void;
}

export function MessageEditor({
  messageId,
  body,
  takesFocus,
  onSave,
  onClose,
  onTakenAway,
}: MessageEditorProps): ReactElement {
  const [text, setText] = useState(() => edits.get(messageId) ?? body);
  const [failure, setFailure] = useState<string | null>(null);
  const [isSaving, setIsSaving] = useState(false);
  const formRef = useRef<HTMLFormElement>(null);
  const fieldRef = useRef<HTMLTextAreaElement>(null);
  const cannotSave = text.trim() === '' || isSaving;
  useFocusHandover(formRef, onTakenAway);
  useEffect(() => {
    const field = fieldRef.current;
    if (field === null || !takesFocus) return;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }, [takesFocus]);

  const change = (next: string) => {
    setText(next);
    edits.set(messageId, next);
  };

  const close = () => {
    edits.delete(messageId);
    onClose(formRef.current?.contains(document.activeElement) ?? false);
  };

  const save = async (event?: SubmitEvent) => {
    event?.preventDefault();
    if (cannotSave) return;
    if (text === body) return close();
    setIsSaving(true);
    setFailure(null);
    try {
      await onSave(text.trim());
      close();
    } catch (error) {
      setFailure(sentenceOf(error));
      setIsSaving(false);
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      close();
    } else if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void save();
    }
  };

  return (
    <form ref={formRef} className="message-editor" onSubmit={(event) => void save(event)}>
      <textarea
        ref={fieldRef}
        dir="auto"
        aria-label="Edit message"
        value={text}
        maxLength={10_000}
        rows={2}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {failure !== null && (
        <p className="inline-error" role="alert">
          {failure}
        </p>
      )}
      <div className="form-actions">
        <button type="button" className="link-button" onClick={close}>
          Cancel
        </button>
        {/* Not disabled: the focus would be nowhere. */}
        <button type="submit" className="link-button" aria-disabled={cannotSave}>
          Save
        </button>
      </div>
    </form>
  );
}
