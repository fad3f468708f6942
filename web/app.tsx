// Who looks at the page stands in its address: nobody yet, or the person whose session everything below it uses.
import { useState, type ReactElement } from 'react';
import { TidingsProvider } from '../src/react/index.ts';
import { Page } from './page.tsx';
import { createSession, SessionContext } from './session.tsx';
import { Welcome } from './welcome.tsx';

export function App(): ReactElement {
  const query = new URLSearchParams(location.search);
  const userId = query.get('as')?.trim() ?? '';
  if (userId === '') return <Welcome />;
  return <Visit userId={userId} expiresIn={query.get('expiresIn')} />;
}

function Visit(options: { readonly userId: string; readonly expiresIn: string | null }): ReactElement {
  const [session] = useState(() => createSession(options));
  return (
    <SessionContext value={session}>
      <TidingsProvider client={session.client}>
        <Page />
      </TidingsProvider>
    </SessionContext>
  );
}
