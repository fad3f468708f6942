import { useState, type SubmitEvent, type KeyboardEvent, type ReactElement } from 'react';
import { useTypingIndicator } from '../../src/react/index.ts';
import { Icon } from '../parts/icon.tsx';
import { firstNameOf, listOf } from '../parts/names.ts';
import { useSession } from '../session.tsx';
import { readDraft, writeDraft } from './drafts.ts';

export interface ComposerProps {
  readonly conversationId: string;
  readonly onSend: (body: string) => void;
}

/** Enter sends, Shift and Enter begin a new line. */
export function Composer({ conversationId, onSend }: ComposerProps): ReactElement {
  const { person } = useSession();
  const { typing, onTyping, onStopped, onSent } = useTypingIndicator(conversationId);
  const place = { userId: person.id, conversationId };
  const [text, setText] = useState(() => readDraft(place));
  const isEmpty = text.trim() === '';

  const change = (next: string) => {
    setText(next);
    writeDraft(place, next);
    if (next.trim() === '') onStopped();
    else onTyping();
  };

  const send = () => {
    focusComposer();
    if (isEmpty) return;
    onSend(text.trim());
    onSent();
    setText('');
    writeDraft(place, '');
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    send();
  };

  return (
    <form className="composer" onSubmit={submit}>
      <p className="typing-line" role="status" aria-label="Typing">
        {typing.length > 0 &&
          `${listOf(typing.map(firstNameOf))} ${typing.length === 1 ? 'is' : 'are'} typing…`}
      </p>
      <div className="composer-row">
        <textarea
          id="composer"
          dir="auto"
          aria-label="Message"
          placeholder="Write a message"
          rows={1}
          maxLength={10_000}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={onStopped}
        />
        {/* Not disabled: the focus would be nowhere. */}
        <button
          type="submit"
          className="button icon-button"
          data-primary
          aria-label="Send"
          aria-disabled={isEmpty}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

/** There is one at a time. */
export function focusComposer(): void {
  document.getElementById('composer')?.focus();
}
