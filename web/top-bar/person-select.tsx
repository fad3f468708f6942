import type { ReactElement } from 'react';
import { addressOf } from '../address.ts';
import { people } from '../people.ts';
import { useSession } from '../session.tsx';

/** Who is looking: another person is another address, with a session of their own. */
export function PersonSelect(): ReactElement {
  const { person } = useSession();
  const others = people.filter(({ id }) => id !== person.id);
  return (
    <label className="field-inline">
      <span className="field-name">You are</span>
      <select
        aria-label="You are"
        value={person.id}
        onChange={(event) => location.assign(addressOf(event.target.value))}
      >
        <option value={person.id}>{person.name}</option>
        {others.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
