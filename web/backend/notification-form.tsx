import { useState, type SubmitEvent, type ReactElement } from 'react';
import type { NotificationPriority } from '../../src/client/index.ts';
import { useSession } from '../session.tsx';
import { PublishButton } from './publish-button.tsx';
import { useBusy } from './use-busy.ts';
import type { Publisher } from './use-publisher.ts';

const priorities: readonly NotificationPriority[] = ['LOW', 'NORMAL', 'HIGH', 'CRITICAL'];

export function NotificationForm({ publisher }: { readonly publisher: Publisher }): ReactElement {
  const { person } = useSession();
  const [title, setTitle] = useState('Your parcel is here');
  const [recipients, setRecipients] = useState<'me' | 'everyone'>('me');
  const [priority, setPriority] = useState<NotificationPriority>('NORMAL');
  const { isBusy, run } = useBusy();

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const input = {
      ...(recipients === 'me' ? { userIds: [person.id] } : { workspace: true }),
      type: 'SYSTEM' as const,
      priority,
      title: title.trim(),
      body: '',
    };
    const whom = recipients === 'me' ? person.name : 'everyone';
    run(async () => {
      await publisher.publish(`Notification to ${whom}: ${input.title}`, 'sendNotification', input);
    });
  };

  return (
    <form className="drawer-group" aria-label="Send a notification" onSubmit={submit}>
      <h3>Notification</h3>
      <label className="field">
        <span>Title</span>
        <input value={title} maxLength={256} required onChange={(event) => setTitle(event.target.value)} />
      </label>
      <div className="field-pair">
        <label className="field">
          <span>To</span>
          <select
            value={recipients}
            onChange={(event) => setRecipients(event.target.value as 'me' | 'everyone')}
          >
            <option value="me">{person.name}</option>
            <option value="everyone">Everyone</option>
          </select>
        </label>
        <label className="field">
          <span>Priority</span>
          <select
            value={priority}
            onChange={(event) => setPriority(event.target.value as NotificationPriority)}
          >
            {priorities.map((each) => (
              <option key={each} value={each}>
                {each.charAt(0) + each.slice(1).toLowerCase()}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div className="form-actions">
        <PublishButton isBusy={isBusy} isDisabled={title.trim() === ''}>
          Send
        </PublishButton>
      </div>
    </form>
  );
}
