// Messages as their GraphQL type and their events need them, and reading them one by one.
import { and, eq, sql } from 'drizzle-orm';
import { isUuid } from '../../schema/input.ts';
import type { Queries } from '../../store/store.ts';
import { toUserView, type UserView } from '../users/users.service.ts';
import { users } from '../users/users.tables.ts';
import { conversations, messages, type Attachment } from './chat.tables.ts';
import { stillSeen, type SeenBy } from './still-seen.ts';

export interface MessageView {
  readonly id: string;
  readonly conversationId: string;
  readonly sender: UserView;
  /** Empty once deleted. */
  readonly body: string;
  readonly attachments: readonly Attachment[];
  readonly clientMessageId: string | null;
  /** RFC 3339. */
  readonly sentAt: string;
  readonly editedAt: string | null;
  readonly deletedAt: string | null;
}

/** With its place in the conversation. */
export interface PlacedMessage {
  readonly number: number;
  /** Of what was sent at first. Once deleted: sealed where there is a client's id, else null. */
  readonly contentHash: string | null;
  readonly view: MessageView;
}

export const selectMessages = (queries: Queries) =>
  queries
    .select({ message: messages, sender: { name: users.name, avatarUrl: users.avatarUrl } })
    .from(messages)
    .leftJoin(users, and(eq(users.workspace, messages.workspace), eq(users.id, messages.senderId)))
    .$dynamic();

export function toPlacedMessage({
  message,
  sender,
}: Awaited<ReturnType<typeof selectMessages>>[number]): PlacedMessage {
  return {
    number: message.number,
    contentHash: message.contentHash,
    view: {
      id: message.id,
      conversationId: message.conversationId,
      sender: toUserView(message.senderId, sender),
      body: message.body,
      attachments: message.attachments,
      clientMessageId: message.clientMessageId,
      sentAt: message.sentAt.toISOString(),
      editedAt: message.editedAt?.toISOString() ?? null,
      deletedAt: message.deletedAt?.toISOString() ?? null,
    },
  };
}

/** null where there is none, also for an id that is none. Whether the viewer may see it is not asked here. */
export async function findMessage(
  queries: Queries,
  workspace: string,
  id: string,
): Promise<PlacedMessage | null> {
  if (!isUuid(id)) return null;
  const [row] = await selectMessages(queries).where(
    and(eq(messages.workspace, workspace), eq(messages.id, id)),
  );
  return row === undefined ? null : toPlacedMessage(row);
}

/** The newest message of each conversation that is seen and has one, by the conversation's id. */
export async function readLastMessages(
  queries: Queries,
  workspace: string,
  seen: readonly SeenBy[],
): Promise<ReadonlyMap<string, MessageView>> {
  const newest = queries
    .select({ id: conversations.id, number: conversations.lastMessageNumber })
    .from(conversations)
    .where(
      and(eq(conversations.workspace, workspace), sql`${conversations.id} in ${stillSeen(workspace, seen)}`),
    );
  const rows = await selectMessages(queries).where(
    and(
      eq(messages.workspace, workspace),
      sql`(${messages.conversationId}, ${messages.number}) in ${newest}`,
    ),
  );
  return new Map(rows.map((row) => [row.message.conversationId, toPlacedMessage(row).view]));
}
