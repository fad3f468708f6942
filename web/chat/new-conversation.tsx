import { useEffect, useRef, useState, type SubmitEvent, type ReactElement } from 'react';
import { useCreateConversationMutation, usePresence } from '../../src/react/index.ts';
import { Avatar } from '../parts/avatar.tsx';
import { sentenceOf } from '../parts/notes.tsx';
import { randomId } from '../parts/random-id.ts';
import type { Panel } from '../parts/use-panel.ts';
import { people } from '../people.ts';
import { useSession } from '../session.tsx';

export interface NewConversationProps {
  readonly panel: Panel;
  readonly onCreated: (conversationId: string) => void;
}

export function NewConversation({ panel, onCreated }: NewConversationProps): ReactElement {
  const { person } = useSession();
  const { statusOf } = usePresence();
  const [{ fetching, error }, create] = useCreateConversationMutation();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [title, setTitle] = useState('');
  // Sent again after a failure, it is created once.
  const [clientConversationId] = useState(randomId);
  const formRef = useRef<HTMLFormElement>(null);
  useEffect(() => formRef.current?.querySelector('input')?.focus(), []);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const input = {
      participantIds: [...chosen].sort(),
      clientConversationId,
      ...(title.trim() !== '' && { title: title.trim() }),
    };
    const { data } = await create({ input });
    if (data !== undefined) onCreated(data.createConversation.conversation.id);
  };

  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };

  return (
    <form
      ref={formRef}
      className="card form"
      aria-label="New conversation"
      onSubmit={(event) => void submit(event)}
      onKeyDown={panel.onKeyDown}
    >
      <fieldset>
        <legend>With whom?</legend>
        {people
          .filter(({ id }) => id !== person.id)
          .map(({ id, name }) => (
            <label key={id} className="choice">
              <input type="checkbox" checked={chosen.has(id)} onChange={() => toggle(id)} />
              <Avatar name={name} status={statusOf(id)} />
              {name}
            </label>
          ))}
      </fieldset>
      <label className="field">
        <span>Title (optional)</span>
        <input value={title} maxLength={256} onChange={(event) => setTitle(event.target.value)} />
      </label>
      {error !== undefined && (
        <p className="inline-error" role="alert">
          {sentenceOf(error)}
        </p>
      )}
      <div className="form-actions">
        <button type="button" className="button" onClick={panel.close}>
          Cancel
        </button>
        <button type="submit" className="button" data-primary disabled={chosen.size === 0 || fetching}>
          Begin
        </button>
      </div>
    </form>
  );
}
