// What stands where there is nothing to show: nothing yet, nothing found, or something that failed.
import type { ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

export function EmptyNote({
  icon,
  title,
  children,
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
}): ReactElement {
  return (
    <div className="note">
      <Icon name={icon} />
      <p className="note-title">{title}</p>
      {children !== undefined && <p className="muted">{children}</p>}
    </div>
  );
}

export function FailureNote({
  what,
  error,
}: {
  readonly what: string;
  readonly error: Error | null | undefined;
}): ReactElement {
  return (
    <div className="note" role="alert">
      <Icon name="warning" />
      <p className="note-title">{what}</p>
      {error != null && <p className="muted">{sentenceOf(error)}</p>}
      <button type="button" className="button" onClick={() => location.reload()}>
        Reload the page
      </button>
    </div>
  );
}

/** As the server or the network put it. */
export const sentenceOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/^\[(?:GraphQL|Network)\] /, '') : String(error);

export function Skeleton({
  label,
  rows = 3,
}: {
  readonly label: string;
  readonly rows?: number;
}): ReactElement {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} className="skeleton-row" aria-hidden="true" />
      ))}
    </div>
  );
}
