import type { ReactElement } from 'react';
import { addressOf } from './address.ts';
import { Avatar } from './parts/avatar.tsx';
import { Logo } from './parts/icon.tsx';
import { people } from './people.ts';

/** The first page: who do you want to be? */
export function Welcome(): ReactElement {
  return (
    <main className="welcome">
      <Logo />
      <h1>Who are you?</h1>
      <p>
        Tidings is a GraphQL server for what has to arrive at once and must not get lost: messages, orders,
        notifications and who is there.
      </p>
      <p className="muted">
        Open two windows side by side, as two people: write, go offline in one of them, publish meanwhile,
        come back. Nothing is missing.
      </p>
      <ul className="welcome-people">
        {people.map(({ id, name, role }) => (
          <li key={id}>
            <a className="card welcome-person" href={addressOf(id)}>
              <Avatar name={name} />
              <span>
                <strong>{name}</strong>
                <span className="muted block">{role}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
      <p className="muted">
        For developers: <a href="/graphql">GraphiQL</a> is at /graphql.
      </p>
    </main>
  );
}
