// The icons of the page, drawn on a 20 by 20 grid. They decorate: what they mean is told in words beside them.
import type { ReactElement } from 'react';

const paths = {
  bell: 'M10 3a5 5 0 0 0-5 5v3l-1.5 2.5h13L15 11V8a5 5 0 0 0-5-5ZM8 16.5a2 2 0 0 0 4 0',
  close: 'M5 5l10 10M15 5L5 15',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7ZM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6L16 16M16 4l-1.4 1.4M5.4 14.6L4 16',
  moon: 'M16.5 11.5A7 7 0 0 1 8.5 3.5a7 7 0 1 0 8 8Z',
  plus: 'M10 4v12M4 10h12',
  server: 'M3.5 4h13v5h-13ZM3.5 11h13v5h-13ZM6.5 6.5h.01M6.5 13.5h.01',
  check: 'M4 10.5l4 4l8-9',
  clock: 'M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14ZM10 6v4l3 2',
  eye: 'M2 10s3-5 8-5s8 5 8 5s-3 5-8 5s-8-5-8-5ZM10 8a2 2 0 1 0 0 4a2 2 0 0 0 0-4Z',
  send: 'M3 10l14-6l-5 13l-3-5ZM9 12l8-8',
  chat: 'M3.5 4h13v9h-7l-4 3.5V13h-2Z',
  box: 'M3.5 6.5L10 3l6.5 3.5v7L10 17l-6.5-3.5ZM3.5 6.5L10 10l6.5-3.5M10 10v7',
  people:
    'M7 4a3 3 0 1 0 0 6a3 3 0 0 0 0-6ZM1.5 16.5a5.5 5.5 0 0 1 11 0M13 4.5a3 3 0 0 1 0 5.5M15 12a5 5 0 0 1 3.5 4.5',
  down: 'M10 3.5v13M4.5 11L10 16.5L15.5 11',
  warning: 'M10 3l8 14H2ZM10 8.5v3.5M10 14.5h.01',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

export function Logo(): ReactElement {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" />
      <path d="M8 15a9 9 0 0 1 9 9M8 8a16 16 0 0 1 16 16" />
      <circle cx="9.5" cy="22.5" r="2.5" />
    </svg>
  );
}
