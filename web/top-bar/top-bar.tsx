import type { ReactElement } from 'react';
import { Icon, Logo } from '../parts/icon.tsx';
import type { Panel } from '../parts/use-panel.ts';
import { Bell } from './bell.tsx';
import { ConnectionPill } from './connection-pill.tsx';
import { OfflineSwitch } from './offline-switch.tsx';
import { PersonMenu } from './person-menu.tsx';
import { PresenceSelect } from './presence-select.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { useWindowTitle } from './use-window-title.ts';

export function TopBar({ backend }: { readonly backend: Panel }): ReactElement {
  useWindowTitle();
  return (
    <header className="top-bar">
      <h1 className="brand">
        <Logo />
        <span>Tidings</span>
      </h1>
      <div className="who">
        <PersonMenu />
        <PresenceSelect />
      </div>
      <div className="network">
        <ConnectionPill />
        <OfflineSwitch />
      </div>
      <div className="tools">
        <ThemeSwitch />
        <Bell />
        <button
          type="button"
          ref={backend.openerRef}
          className="button backend-button"
          aria-expanded={backend.isOpen}
          aria-controls="backend"
          onClick={backend.toggle}
          onKeyDown={backend.onKeyDown}
        >
          <Icon name="server" />
          <span>Backend</span>
        </button>
      </div>
    </header>
  );
}
