import type { ReactElement } from 'react';
import type { PresenceStatus } from '../../src/client/index.ts';
import { PresenceDot } from './presence-dot.tsx';

export interface AvatarProps {
  readonly name: string;
  /** Shown as a dot, and told to screen readers. */
  readonly status?: PresenceStatus;
}

/** Initials on a colour of the name's own. The name itself is told beside it. */
export function Avatar({ name, status }: AvatarProps): ReactElement {
  return (
    <span className="avatar" data-tone={toneOf(name)}>
      <span aria-hidden="true">{initialsOf(name)}</span>
      {status !== undefined && <PresenceDot status={status} />}
    </span>
  );
}

const initialsOf = (name: string): string =>
  name
    .split(/\s+/)
    .filter((word) => /^\p{L}/u.test(word))
    .slice(0, 2)
    .map((word) => (Array.from(word)[0] ?? '').toUpperCase())
    .join('');

const tones = 6;

const toneOf = (name: string): number =>
  Array.from(name).reduce((sum, letter) => (sum * 7 + (letter.codePointAt(0) ?? 0)) % 997, 0) % tones;
