import type { ReactElement, ReactNode } from 'react';

export interface PublishButtonProps {
  readonly isBusy: boolean;
  readonly isDisabled?: boolean;
  readonly isPrimary?: boolean;
  /** Left out, it submits its form. */
  readonly onClick?: () => void;
  readonly children: ReactNode;
}

/** While it is busy it does nothing, but keeps the focus: what is `disabled` loses it. */
export function PublishButton({
  isBusy,
  isDisabled = false,
  isPrimary = true,
  onClick,
  children,
}: PublishButtonProps): ReactElement {
  return (
    <button
      type={onClick === undefined ? 'submit' : 'button'}
      className="button"
      data-primary={isPrimary || undefined}
      disabled={isDisabled}
      aria-disabled={isBusy || undefined}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
