// What stands where there is nothing to show: nothing yet, nothing found, or something that failed.
import type { ReactElement, ReactNode } from 'react';
import { CombinedError } from 'urql';
import { ConnectionClosedError } from '../../src/client/index.ts';
import { TokenError } from '../development-token.ts';
import { OfflineError } from '../network.ts';
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
  onRetry,
}: {
  readonly what: string;
  readonly error: Error | null | undefined;
  /** Reads anew; reloading the page would lose what waits to be sent. */
  readonly onRetry: () => void;
}): ReactElement {
  return (
    <div className="note" role="alert">
      <Icon name="warning" />
      <p className="note-title">{what}</p>
      {error != null && <p className="muted">{sentenceOf(error)}</p>}
      <button type="button" className="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

/** As the server put it. What a browser says of its network nobody understands, nor what a parser says of a proxy's page. */
export function sentenceOf(error: unknown): string {
  if (error instanceof CombinedError && error.networkError !== undefined) {
    return ours.some((kind) => error.networkError instanceof kind) ? error.networkError.message : unreachable;
  }
  if (technical.some((kind) => error instanceof kind)) return unreachable;
  return error instanceof Error ? error.message.replace(/^\[GraphQL\] /, '') : String(error);
}

/** Whose messages are written for people. */
const ours = [TokenError, OfflineError, ConnectionClosedError];
const technical = [TypeError, SyntaxError, DOMException];

export const unreachable = 'The server can not be reached.';

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
