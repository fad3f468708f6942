import { useState, type ReactElement, type ReactNode } from 'react';
import type { AnnouncementFragment } from '../../src/client/index.ts';
import { useAnnouncements } from '../../src/react/index.ts';
import { Icon } from '../parts/icon.tsx';
import { timeOf } from '../parts/times.ts';
import { readDismissed, writeDismissed } from './dismissed.ts';
import { useIsClipped } from './use-is-clipped.ts';

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
  const dismiss = (ids: readonly string[]) => setDismissed((before) => writeDismissed(before, ids));
  const dismissAll = () => {
    dismiss(news.map(({ id }) => id));
    setShowsAll(false);
  };

  return (
    <section className="announcements" aria-label="Announcements" aria-live="polite">
      {shown.map((announcement, index) => (
        <Announced
          key={announcement.id}
          announcement={announcement}
          onDismiss={() => dismiss([announcement.id])}
        >
          {index === 0 && news.length > 1 && (
            <>
              <button
                type="button"
                className="link-button"
                aria-expanded={showsAll}
                onClick={() => setShowsAll(!showsAll)}
              >
                {showsAll ? 'less' : `${news.length - 1} more`}
              </button>
              {showsAll && (
                <button type="button" className="link-button" onClick={dismissAll}>
                  Dismiss all
                </button>
              )}
            </>
          )}
        </Announced>
      ))}
    </section>
  );
}

interface AnnouncedProps {
  readonly announcement: AnnouncementFragment;
  readonly onDismiss: () => void;
  readonly children?: ReactNode;
}

const words = { INFO: 'For your information', WARNING: 'Warning', CRITICAL: 'Critical' } as const;
const tones = { INFO: 'info', WARNING: 'warning', CRITICAL: 'bad' } as const;

function Announced({ announcement, onDismiss, children }: AnnouncedProps): ReactElement {
  const { level, message, occurredAt } = announcement;
  const [isWhole, setIsWhole] = useState(false);
  const { ref, isClipped } = useIsClipped<HTMLParagraphElement>();
  return (
    <div className="bar" data-tone={tones[level]} {...(level === 'CRITICAL' && { role: 'alert' })}>
      <Icon name={level === 'INFO' ? 'bell' : 'warning'} />
      <div className="announcement-text">
        <p ref={ref} className={isWhole ? undefined : 'clamped'}>
          <strong>{words[level]}:</strong> {message} <time dateTime={occurredAt}>{timeOf(occurredAt)}</time>
        </p>
        {(isClipped || isWhole) && (
          <button
            type="button"
            className="link-button"
            aria-expanded={isWhole}
            onClick={() => setIsWhole(!isWhole)}
          >
            {isWhole ? 'Show less of it' : 'Read all of it'}
          </button>
        )}
      </div>
      {children}
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
