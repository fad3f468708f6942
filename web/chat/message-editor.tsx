import { useEffect, useRef, useState, type SubmitEvent, type KeyboardEvent, type ReactElement } from 'react';
import { sentenceOf } from '../parts/notes.tsx';

export interface MessageEditorProps {
  readonly body: string;
  /** Rejects where it is refused. */
  readonly onSave: (body: string) => Promise<void>;
  readonly onClose: () => void;
}

export function MessageEditor({ body, onSave, onClose }: MessageEditorProps): ReactElement {
  const [text, setText] = useState(body);
  const [failure, setFailure] = useState<string | null>(null);
  const [isSaving, setIsSaving] = useState(false);
  const fieldRef = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const field = fieldRef.current;
    field?.focus();
    field?.setSelectionRange(field.value.length, field.value.length);
  }, []);

  const save = async (event?: SubmitEvent) => {
    event?.preventDefault();
    if (text.trim() === '' || isSaving) return;
    if (text === body) return onClose();
    setIsSaving(true);
    setFailure(null);
    try {
      await onSave(text.trim());
      onClose();
    } catch (error) {
      setFailure(sentenceOf(error));
      setIsSaving(false);
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      onClose();
    } else if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void save();
    }
  };

  return (
    <form className="message-editor" onSubmit={(event) => void save(event)}>
      <textarea
        ref={fieldRef}
        aria-label="Edit message"
        value={text}
        maxLength={10_000}
        rows={2}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {failure !== null && (
        <p className="inline-error" role="alert">
          {failure}
        </p>
      )}
      <div className="form-actions">
        <button type="button" className="link-button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className="link-button" disabled={text.trim() === '' || isSaving}>
          Save
        </button>
      </div>
    </form>
  );
}
