import { useState, type SubmitEvent, type ReactElement } from 'react';
import { PublishAnnouncementDocument, type AnnouncementLevel } from '../../src/client/index.ts';
import type { Publisher } from './use-publisher.ts';

const levels: readonly { readonly level: AnnouncementLevel; readonly label: string }[] = [
  { level: 'INFO', label: 'Information' },
  { level: 'WARNING', label: 'Warning' },
  { level: 'CRITICAL', label: 'Critical' },
];

export function AnnouncementForm({ publisher }: { readonly publisher: Publisher }): ReactElement {
  const [message, setMessage] = useState('We close at eight tonight.');
  const [level, setLevel] = useState<AnnouncementLevel>('INFO');

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const input = { level, message: message.trim(), idempotencyKey: crypto.randomUUID() };
    void publisher.publish(`Announcement: ${message.trim()}`, PublishAnnouncementDocument, { input });
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
        <button type="submit" className="button" data-primary disabled={message.trim() === ''}>
          Announce
        </button>
      </div>
    </form>
  );
}
