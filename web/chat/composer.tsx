import { useState, type SubmitEvent, type KeyboardEvent, type ReactElement } from 'react';
import { useTypingIndicator } from '../../src/react/index.ts';
import { Icon } from '../parts/icon.tsx';
import { firstNameOf, listOf } from '../parts/names.ts';
import { drafts } from './drafts.ts';

export interface ComposerProps {
  readonly conversationId: string;
  readonly onSend: (body: string) => void;
}

/** Enter sends, Shift and Enter begin a new line. */
export function Composer({ conversationId, onSend }: ComposerProps): ReactElement {
  const { typing, onTyping, onStopped, onSent } = useTypingIndicator(conversationId);
  const [text, setText] = useState(() => drafts.get(conversationId) ?? '');
  const isEmpty = text.trim() === '';

  const change = (next: string) => {
    setText(next);
    drafts.set(conversationId, next);
    if (next.trim() === '') onStopped();
    else onTyping();
  };

  const send = () => {
    if (isEmpty) return;
    onSend(text.trim());
    onSent();
    setText('');
    drafts.delete(conversationId);
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
          aria-label="Message"
          placeholder="Write a message"
          rows={1}
          maxLength={10_000}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={onStopped}
        />
        <button
          type="submit"
          className="button icon-button"
          data-primary
          aria-label="Send"
          disabled={isEmpty}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
