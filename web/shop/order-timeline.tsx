import type { ReactElement } from 'react';
import type { OrderFragment } from '../../src/client/index.ts';
import { dayOf, timeOf } from '../parts/times.ts';
import { orderWords, stepsAfter } from './order-words.ts';

/** What has happened, and what usually comes next. */
export function OrderTimeline({ order }: { readonly order: OrderFragment }): ReactElement {
  const { timeline, status } = order;
  return (
    <ol className="timeline" aria-label="Timeline">
      {timeline.map((step, index) => (
        <li
          key={`${step.occurredAt} ${step.status}`}
          data-step={index === timeline.length - 1 ? 'current' : 'done'}
          {...(index === timeline.length - 1 && { 'aria-current': 'step' as const })}
        >
          <p className="step-name">{orderWords[step.status]}</p>
          <p className="muted">
            <time dateTime={step.occurredAt}>
              {dayOf(step.occurredAt)}, {timeOf(step.occurredAt)}
            </time>
            {step.note !== null && ` · ${step.note}`}
          </p>
        </li>
      ))}
      {stepsAfter(status).map((coming) => (
        <li key={coming} data-step="coming">
          <p className="step-name">
            {orderWords[coming]}
            <span className="visually-hidden"> (still to come)</span>
          </p>
        </li>
      ))}
    </ol>
  );
}
