import { Component, type ReactNode } from 'react';
import { Logo } from './parts/icon.tsx';

/** In the place of a page that could not be shown: what React can not go on with would leave a white one. */
export class FailurePage extends Component<
  { readonly children: ReactNode },
  { readonly hasFailed: boolean }
> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { readonly hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main className="welcome" role="alert">
        <Logo />
        <h1>This page could not be shown</h1>
        <p className="muted">
          Something in it has failed. What the server has stored is there when you reload.
        </p>
        <p>
          <button type="button" className="button" data-primary onClick={() => location.reload()}>
            Reload the page
          </button>
        </p>
      </main>
    );
  }
}
