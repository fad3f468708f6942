import { useState, type SubmitEvent, type ReactElement } from 'react';
import type { AnnouncementLevel } from '../../src/client/index.ts';
import { PublishButton } from './publish-button.tsx';
import { useBusy } from './use-busy.ts';
import type { Publisher } from './use-publisher.ts';

const levels: readonly { readonly level: AnnouncementLevel; readonly label: string }[] = [
  { level: 'INFO', label: 'Information' },
  { level: 'WARNING', label: 'Warning' },
  { level: 'CRITICAL', label: 'Critical' },
];

export function AnnouncementForm({ publisher }: { readonly publisher: Publisher }): ReactElement {
  const [message, setMessage] = useState('We close at eight tonight.');
  const [level, setLevel] = useState<AnnouncementLevel>('INFO');
  const { isBusy, run } = useBusy();

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const text = message.trim();
    run(async () => {
      await publisher.publish(`Announcement: ${text}`, 'publishAnnouncement', { level, message: text });
    });
  };

  return (
    <form className="drawer-group" aria-label="Announce" onSubmit={submit}>
      <h3>Announcement</h3>
      <label className="field">
        <span>Text</span>
        <input
          value={message}
          maxLength={2_000}
          required
          onChange={(event) => setMessage(event.target.value)}
        />
      </label>
      <label className="field">
        <span>Level</span>
        <select value={level} onChange={(event) => setLevel(event.target.value as AnnouncementLevel)}>
          {levels.map((each) => (
            <option key={each.level} value={each.level}>
              {each.label}
            </option>
          ))}
        </select>
      </label>
      <div className="form-actions">
        <PublishButton isBusy={isBusy} isDisabled={message.trim() === ''}>
          Announce
        </PublishButton>
      </div>
    </form>
  );
}
