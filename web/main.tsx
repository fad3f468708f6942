// Begins the demo app in the page.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { FailurePage } from './failure-page.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element for the app.');
createRoot(root).render(
  <StrictMode>
    <FailurePage>
      <App />
    </FailurePage>
  </StrictMode>,
);
