import { useState, type ReactElement } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { firstNameOf, listOf } from '../parts/names.ts';
import { timeOf } from '../parts/times.ts';
import { MessageActions } from './message-actions.tsx';
import { MessageEditor } from './message-editor.tsx';
import type { Conversation } from './message-list.tsx';
import type { MessageRow } from './message-rows.ts';

export interface MessageItemProps {
  readonly row: MessageRow;
  readonly conversation: Conversation;
}

export function MessageItem({ row, conversation }: MessageItemProps): ReactElement {
  const { message, isOwn, beginsTurn, seenBy } = row;
  const [editing, setEditing] = useState<'never' | 'now' | 'before'>('never');
  const isEditing = editing === 'now';
  const isDeleted = message.deletedAt !== null;

  return (
    <li className="message" data-own={isOwn} data-turn={beginsTurn} data-message-id={message.id}>
      {!isOwn && (beginsTurn ? <Avatar name={message.sender.name} /> : <span className="avatar-gap" />)}
      <div className="message-content">
        {beginsTurn && !isOwn && <p className="message-sender">{message.sender.name}</p>}
        {isEditing && !isDeleted ? (
          <MessageEditor
            body={message.body}
            onSave={(body) => conversation.edit(message.id, body)}
            onClose={() => setEditing('before')}
          />
        ) : (
          <div className="bubble" data-deleted={isDeleted}>
            {isOwn && <span className="visually-hidden">You: </span>}
            <span className="message-body">{isDeleted ? 'This message was deleted' : message.body}</span>
            <span className="message-meta">
              {message.editedAt !== null && !isDeleted && <span>edited</span>}
              <time dateTime={message.sentAt}>{timeOf(message.sentAt)}</time>
            </span>
          </div>
        )}
        {isOwn && !isDeleted && !isEditing && (
          <MessageActions
            isBack={editing === 'before'}
            onEdit={() => setEditing('now')}
            onDelete={() => conversation.remove(message.id)}
          />
        )}
        {seenBy.length > 0 && <p className="seen">Seen by {listOf(seenBy.map(firstNameOf))}</p>}
      </div>
    </li>
  );
}
