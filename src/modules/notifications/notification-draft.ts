// What is sent: recipients and text, checked before anything is written. Pure.
import { badInput } from '../../errors.ts';
import { optionalJson, requireIds, requireText, requireUrlText } from '../../schema/input.ts';
import type { NotificationPriority, NotificationType } from './notifications.tables.ts';

/** A notification before it has an id and a recipient. Already checked. */
export interface NotificationDraft {
  readonly type: NotificationType;
  readonly priority: NotificationPriority;
  readonly title: string;
  readonly body: string;
  readonly data: unknown;
  readonly url: string | null;
}

/** As sendNotification is given it. */
export interface SendNotification {
  readonly userIds?: readonly string[] | null | undefined;
  readonly workspace?: boolean | null | undefined;
  readonly type: NotificationType;
  readonly priority?: NotificationPriority | null | undefined;
  readonly title: string;
  readonly body: string;
  readonly data?: unknown;
  readonly url?: string | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

/** Recipients at a time in sendNotification. */
const maxRecipients = 500;

/** Each once, or the whole workspace. Throws BAD_USER_INPUT unless exactly one kind of recipients is named. */
export function requireRecipients({ userIds, workspace }: SendNotification): string[] | 'workspace' {
  const named = userIds ?? null;
  if (named !== null && workspace === true) {
    throw badInput('Both `userIds` and `workspace` are given. Give one of them.');
  }
  if (workspace === true) return 'workspace';
  if (named === null)
    throw badInput('No recipients are given. Name them in `userIds`, or set `workspace` to true.');
  return requireIds('userIds', named, { max: maxRecipients });
}

const maxTitle = 256;

/** A title made of what others have written: cut where it is too long for one. */
export const toTitle = (text: string): string =>
  text.length <= maxTitle
    ? text
    : `${text
        .slice(0, maxTitle - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`;

/** Throws BAD_USER_INPUT, or PAYLOAD_TOO_LARGE for `data`, naming what is wrong. */
export const requireDraft = (input: Omit<SendNotification, 'userIds' | 'workspace'>): NotificationDraft => ({
  type: input.type,
  priority: input.priority ?? 'NORMAL',
  title: requireText('title', input.title, { min: 1, max: maxTitle }),
  body: requireText('body', input.body, { max: 10_000 }),
  data: optionalJson('data', input.data),
  url: optionalLink('url', input.url),
});

/** Any origin will do: a path is what leads to the same one. */
const anyOrigin = 'https://application.invalid';

/**
 * An http(s) address, or a path within the application. `//example.com/x` and its disguises (`/\example.com`) begin
 * like a path and lead to another host: refused.
 */
export function optionalLink(argument: string, value: string | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const link = requireUrlText(argument, value);
  if (isPath(link) || isAddress(link)) return link;
  throw badInput(
    `\`${argument}\` is neither a path like /orders/42 nor an http or https address like https://example.com/orders/42.`,
  );
}

const isPath = (link: string): boolean =>
  link.startsWith('/') && URL.canParse(link, anyOrigin) && new URL(link, anyOrigin).origin === anyOrigin;

const isAddress = (link: string): boolean => /^https?:\/\//i.test(link) && URL.canParse(link);
