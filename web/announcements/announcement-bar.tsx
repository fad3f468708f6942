import { useState, type ReactElement } from 'react';
import type { AnnouncementFragment } from '../../src/client/index.ts';
import { useAnnouncements } from '../../src/react/index.ts';
import { Icon } from '../parts/icon.tsx';
import { timeOf } from '../parts/times.ts';
import { readDismissed, writeDismissed } from './dismissed.ts';

/** What is older is no news any more. */
const newsMs = 12 * 3_600_000;

/** What everyone is told, the newest first; what was read can be put away. */
export function AnnouncementBar(): ReactElement {
  const [dismissed, setDismissed] = useState(readDismissed);
  const [showsAll, setShowsAll] = useState(false);
  const { announcements } = useAnnouncements();
  const news = announcements.filter(
    ({ id, occurredAt }) => !dismissed.has(id) && Date.now() - Date.parse(occurredAt) < newsMs,
  );
  const shown = showsAll ? news : news.slice(0, 1);
  const dismiss = (id: string) => setDismissed(writeDismissed(id));

  return (
    <section aria-label="Announcements" aria-live="polite">
      {shown.map((announcement) => (
        <Announced
          key={announcement.id}
          announcement={announcement}
          more={showsAll ? 0 : news.length - 1}
          onMore={() => setShowsAll(true)}
          onDismiss={() => dismiss(announcement.id)}
        />
      ))}
    </section>
  );
}

interface AnnouncedProps {
  readonly announcement: AnnouncementFragment;
  readonly more: number;
  readonly onMore: () => void;
  readonly onDismiss: () => void;
}

const words = { INFO: 'For your information', WARNING: 'Warning', CRITICAL: 'Critical' } as const;
const tones = { INFO: 'info', WARNING: 'warning', CRITICAL: 'bad' } as const;

function Announced({ announcement, more, onMore, onDismiss }: AnnouncedProps): ReactElement {
  const { level, message, occurredAt } = announcement;
  return (
    <div className="bar" data-tone={tones[level]} {...(level === 'CRITICAL' && { role: 'alert' })}>
      <Icon name={level === 'INFO' ? 'bell' : 'warning'} />
      <p>
        <strong>{words[level]}:</strong> {message} <time dateTime={occurredAt}>{timeOf(occurredAt)}</time>
      </p>
      {more > 0 && (
        <button type="button" className="link-button" onClick={onMore}>
          {more} more
        </button>
      )}
      <button
        type="button"
        className="button icon-button"
        aria-label={`Dismiss: ${message}`}
        onClick={onDismiss}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
