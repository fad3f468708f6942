import type { ReactElement, ReactNode } from 'react';

export interface MessageBubbleProps {
  readonly isOwn: boolean;
  readonly isDeleted?: boolean;
  readonly body: string;
  /** When it was sent, and what became of it. */
  readonly children: ReactNode;
}

/** Runs from the left or from the right as its text does. */
export function MessageBubble({
  isOwn,
  isDeleted = false,
  body,
  children,
}: MessageBubbleProps): ReactElement {
  return (
    <div className="bubble" data-deleted={isDeleted} dir="auto">
      {/* A direction of their own: what they say does not decide that of the text. */}
      {isOwn && (
        <span className="visually-hidden" dir="ltr">
          You:{' '}
        </span>
      )}
      <span className="message-body">{body}</span>
      <span className="message-meta" dir="ltr">
        {children}
      </span>
    </div>
  );
}
