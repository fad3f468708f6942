// What is read of a conversation in a later statement than the conversation itself: whoever has been removed between the two
// gets nothing of it, because somebody may have said something since that is not meant for them.
import { sql, type SQL } from 'drizzle-orm';

/** A conversation, and the participant who sees it. */
export interface SeenBy {
  readonly conversationId: string;
  readonly userId: string;
}

/** The ids of those conversations whose user takes part now, as a subquery: in the statement that reads what they see. */
export const stillSeen = (workspace: string, seen: readonly SeenBy[]): SQL => sql`(
  select own.conversation_id
  from unnest(
    ${sql.param(seen.map(({ conversationId }) => conversationId))}::uuid[],
    ${sql.param(seen.map(({ userId }) => userId))}::text[]
  ) as asked(conversation_id, user_id)
  join conversation_participants own
    on own.workspace = ${workspace} and own.conversation_id = asked.conversation_id and own.user_id = asked.user_id
)`;
