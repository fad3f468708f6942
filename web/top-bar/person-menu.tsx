import type { ReactElement } from 'react';
import { addressOf } from '../address.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Icon } from '../parts/icon.tsx';
import { usePanel } from '../parts/use-panel.ts';
import { people } from '../people.ts';
import { useSession } from '../session.tsx';
import { useOutsidePress } from './use-outside-press.ts';

/** Who is looking: another person is another address, with a session of their own, here or in a window beside this one. */
export function PersonMenu(): ReactElement {
  const { person } = useSession();
  const panel = usePanel();
  const ref = useOutsidePress(panel.isOpen, panel.close);
  const others = people.filter(({ id }) => id !== person.id);
  return (
    <div className="person-menu" ref={ref} onKeyDown={panel.onKeyDown}>
      <button
        type="button"
        ref={panel.openerRef}
        className="button person-button"
        title={person.name}
        aria-expanded={panel.isOpen}
        aria-controls="people"
        onClick={panel.toggle}
      >
        <span className="field-name">You are </span>
        <span className="person-name">{person.name}</span>
        <Icon name="people" />
      </button>
      {panel.isOpen && (
        <section id="people" className="popover card" aria-label="Who you are">
          <p className="muted">
            Open somebody else beside this window: what one of you does, the other sees. Switching takes this
            window, and what still waits in it is lost.
          </p>
          <ul>
            {others.map(({ id, name, role }) => (
              <li key={id} className="person-line">
                <Avatar name={name} />
                <div>
                  <strong>{name}</strong>
                  <span className="muted block">{role}</span>
                  <a className="link-button" href={addressOf(id)} target="_blank" rel="noopener">
                    Open<span className="visually-hidden"> {name}</span> in a new window
                  </a>
                  <a className="link-button" href={addressOf(id)}>
                    Switch<span className="visually-hidden"> to {name}</span>
                  </a>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
