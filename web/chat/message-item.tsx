import { useRef, useState, type ReactElement } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { firstNameOf, listOf } from '../parts/names.ts';
import { timeOf } from '../parts/times.ts';
import { edits } from './drafts.ts';
import { MessageActions } from './message-actions.tsx';
import { MessageBubble } from './message-bubble.tsx';
import { MessageEditor } from './message-editor.tsx';
import type { Conversation } from './message-list.tsx';
import type { MessageRow } from './message-rows.ts';

export interface MessageItemProps {
  readonly row: MessageRow;
  readonly conversation: Conversation;
  /** Whether Tab comes to its buttons. */
  readonly isInTabOrder: boolean;
  readonly onFocus: () => void;
}

/** What is done with a message of one's own, and where the focus has to go at the change. */
type Editing = 'no' | 'asked-for' | 'resumed' | 'left-by-keyboard';

export function MessageItem({ row, conversation, isInTabOrder, onFocus }: MessageItemProps): ReactElement {
  const { message, isOwn, beginsTurn, seenBy } = row;
  const { id, body, sentAt, editedAt } = message;
  const itemRef = useRef<HTMLLIElement>(null);
  // Half-written, it is there again.
  const [editing, setEditing] = useState<Editing>(() => (isOwn && edits.has(id) ? 'resumed' : 'no'));
  const isDeleted = message.deletedAt !== null;
  const isEditing = (editing === 'asked-for' || editing === 'resumed') && !isDeleted;
  const focusItem = () => itemRef.current?.focus();

  return (
    <li
      ref={itemRef}
      className="message"
      data-own={isOwn}
      data-turn={beginsTurn}
      data-message-id={id}
      tabIndex={-1}
      onFocus={onFocus}
    >
      {!isOwn && (beginsTurn ? <Avatar name={message.sender.name} /> : <span className="avatar-gap" />)}
      <div className="message-content">
        {beginsTurn && !isOwn && (
          <p className="message-sender" dir="auto">
            {message.sender.name}
          </p>
        )}
        {isEditing ? (
          <MessageEditor
            messageId={id}
            body={body}
            takesFocus={editing === 'asked-for'}
            onSave={(text) => conversation.edit(id, text)}
            onClose={(hadFocus) => setEditing(hadFocus ? 'left-by-keyboard' : 'no')}
            onTakenAway={focusItem}
          />
        ) : (
          <MessageBubble
            isOwn={isOwn}
            isDeleted={isDeleted}
            body={isDeleted ? 'This message was deleted' : body}
          >
            {editedAt !== null && !isDeleted && <span>edited</span>}
            <time dateTime={sentAt}>{timeOf(sentAt)}</time>
          </MessageBubble>
        )}
        {isOwn && !isDeleted && !isEditing && (
          <MessageActions
            takesFocus={editing === 'left-by-keyboard'}
            isInTabOrder={isInTabOrder}
            onEdit={() => setEditing('asked-for')}
            onDelete={() => conversation.remove(id)}
            onTakenAway={focusItem}
          />
        )}
        {seenBy.length > 0 && (
          <p className="seen">
            Seen by <bdi>{listOf(seenBy.map(firstNameOf))}</bdi>
          </p>
        )}
      </div>
    </li>
  );
}
