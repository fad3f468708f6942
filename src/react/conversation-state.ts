// A conversation as its page shows it, and how everything that happens changes it. Pure; conversation-store.ts does the rest.
import type { CombinedError } from '@urql/core';
import type {
  AttachmentInput,
  ChatMessageKind,
  ConversationFragment,
  ConversationQuery,
  MessageFragment,
  ReadReceiptFragment,
  UserFragment,
} from '../client/generated.ts';

/** Shown behind the messages, in the order in which they were sent, until they come back as messages. */
export interface PendingMessage {
  /** Under which it is stored once, however often it is sent. */
  readonly clientMessageId: string;
  readonly body: string;
  readonly attachments: readonly AttachmentInput[];
  /** `sent`: it is stored, and about to come back. `failed`: it was refused; `retry` or `discard` it. */
  readonly status: 'sending' | 'sent' | 'failed';
  /** When it was stored; null before. */
  readonly sentAt: string | null;
  readonly error: CombinedError | null;
}

export interface ConversationState {
  readonly status: 'loading' | 'live' | 'not-found' | 'failed';
  readonly title: string | null;
  readonly participants: readonly UserFragment[];
  /** Oldest first, without holes up to now. Deleted ones keep their place: `deletedAt` is set, the text is gone. */
  readonly messages: readonly MessageFragment[];
  readonly pending: readonly PendingMessage[];
  /** Whether `loadOlder` would bring some. */
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
  /** How far each participant has read; nobody who has not read anything. */
  readonly readReceipts: readonly ReadReceiptFragment[];
  readonly error: CombinedError | null;
  /** Where the oldest page begins. */
  readonly olderFrom: string | null;
  /** Messages that are not here, and were changed while an older page is on its way. */
  readonly changedMeanwhile: readonly MessageFragment[];
}

export type ConversationChange =
  | { readonly type: 'read'; readonly conversation: ConversationQuery['conversation'] }
  | { readonly type: 'older-asked' }
  | {
      readonly type: 'older-read';
      /** What it was asked for with. */
      readonly before: string;
      readonly conversation: ConversationQuery['conversation'];
    }
  | { readonly type: 'older-failed'; readonly before: string }
  | { readonly type: 'event'; readonly kind: ChatMessageKind; readonly message: MessageFragment }
  | { readonly type: 'receipt'; readonly receipt: ReadReceiptFragment }
  | { readonly type: 'queued'; readonly message: Omit<PendingMessage, 'status' | 'sentAt' | 'error'> }
  | { readonly type: 'sent'; readonly message: MessageFragment }
  | { readonly type: 'send-failed'; readonly clientMessageId: string; readonly error: CombinedError }
  | { readonly type: 'retried' | 'discarded'; readonly clientMessageId: string }
  | { readonly type: 'failed'; readonly error: CombinedError };

export const unknownConversation: ConversationState = {
  status: 'loading',
  title: null,
  participants: [],
  messages: [],
  pending: [],
  hasOlder: false,
  isLoadingOlder: false,
  readReceipts: [],
  error: null,
  olderFrom: null,
  changedMeanwhile: [],
};

export function changeConversation(state: ConversationState, change: ConversationChange): ConversationState {
  switch (change.type) {
    case 'read':
      return toRead(state, change.conversation);
    case 'older-asked':
      return { ...state, isLoadingOlder: true, changedMeanwhile: [] };
    case 'older-read':
      // Asked for before all was read anew: the page does not fit any more.
      return change.before === state.olderFrom ? withOlder(state, change.conversation) : state;
    case 'older-failed':
      return change.before === state.olderFrom ? { ...state, isLoadingOlder: false } : state;
    case 'event':
      return change.kind === 'SENT' ? withNew(state, change.message) : withChanged(state, change.message);
    case 'receipt':
      return withReceipt(state, change.receipt);
    case 'queued':
      return {
        ...state,
        pending: [...state.pending, { ...change.message, status: 'sending', sentAt: null, error: null }],
      };
    case 'sent':
      return withSent(state, change.message);
    case 'send-failed':
      return withPending(state, change.clientMessageId, {
        status: 'failed',
        sentAt: null,
        error: change.error,
      });
    case 'retried':
      return withPending(state, change.clientMessageId, { status: 'sending', sentAt: null, error: null });
    case 'discarded':
      return withoutPending(state, change.clientMessageId);
    case 'failed':
      return { ...state, status: 'failed', error: change.error };
  }
}

function toRead(
  state: ConversationState,
  conversation: ConversationQuery['conversation'],
): ConversationState {
  if (conversation === null) return { ...state, status: 'not-found', error: null };
  const { messages, participants, title, readReceipts } = conversation;
  const stored = new Set(messages.nodes.map(({ clientMessageId }) => clientMessageId));
  return {
    ...state,
    status: 'live',
    title,
    participants,
    messages: messages.nodes,
    // What was stored is here, before this page, or, where this was read before that, about to come.
    pending: state.pending.filter(
      ({ clientMessageId, sentAt }) =>
        !stored.has(clientMessageId) && (sentAt === null || sentAt > (messages.nodes.at(-1)?.sentAt ?? '')),
    ),
    hasOlder: messages.pageInfo.hasPreviousPage,
    olderFrom: messages.pageInfo.startCursor,
    isLoadingOlder: false,
    readReceipts,
    error: null,
  };
}

/** A page that was asked for before all was read anew may overlap with what is there now. */
function withOlder(
  state: ConversationState,
  conversation: ConversationQuery['conversation'],
): ConversationState {
  if (conversation === null) return { ...state, isLoadingOlder: false };
  const { nodes, pageInfo } = conversation.messages;
  const known = new Set(state.messages.map(({ id }) => id));
  return {
    ...state,
    messages: [
      ...state.changedMeanwhile.reduce(replace, nodes).filter(({ id }) => !known.has(id)),
      ...state.messages,
    ],
    changedMeanwhile: [],
    hasOlder: pageInfo.hasPreviousPage,
    olderFrom: pageInfo.startCursor ?? state.olderFrom,
    isLoadingOlder: false,
  };
}

/**
 * What is read may be newer than the cursor beside it: sent between the two, a message is known when its event comes, and
 * known as it is by now.
 */
function withNew(state: ConversationState, message: MessageFragment): ConversationState {
  const arrived = message.clientMessageId === null ? state : withoutPending(state, message.clientMessageId);
  if (state.messages.some(({ id }) => id === message.id)) return arrived;
  return { ...arrived, messages: [...state.messages, message] };
}

/** One that is on a page not loaded yet comes as it is then. */
function withChanged(state: ConversationState, message: MessageFragment): ConversationState {
  if (state.isLoadingOlder && !state.messages.some(({ id }) => id === message.id)) {
    return { ...state, changedMeanwhile: [...state.changedMeanwhile, message] };
  }
  const messages = replace(state.messages, message);
  return messages === state.messages ? state : { ...state, messages };
}

/** The same list where the message is not in it, or known as it is by now. */
function replace(messages: readonly MessageFragment[], message: MessageFragment): readonly MessageFragment[] {
  const known = messages.find(({ id }) => id === message.id);
  if (known === undefined || isOlder(message, known)) return messages;
  return messages.map((each) => (each === known ? message : each));
}

/** What is read may be newer than the cursor beside it. Deleted it stays deleted. */
function isOlder(message: MessageFragment, known: MessageFragment): boolean {
  if (known.deletedAt !== null) return message.deletedAt === null;
  return message.deletedAt === null && (message.editedAt ?? '') < (known.editedAt ?? '');
}

function withReceipt(state: ConversationState, receipt: ReadReceiptFragment): ConversationState {
  const others = state.readReceipts.filter(({ user }) => user.id !== receipt.user.id);
  return { ...state, readReceipts: [...others, receipt] };
}

/** Its event comes, unless it is past: then the message stands where its page has been read, or will be. */
function withSent(state: ConversationState, message: MessageFragment): ConversationState {
  const clientMessageId = message.clientMessageId ?? '';
  const isPast = state.messages.some(({ id, sentAt }) => id === message.id || sentAt > message.sentAt);
  return isPast
    ? withoutPending(state, clientMessageId)
    : withPending(state, clientMessageId, { status: 'sent', sentAt: message.sentAt, error: null });
}

function withPending(
  state: ConversationState,
  clientMessageId: string,
  changes: Pick<PendingMessage, 'status' | 'sentAt' | 'error'>,
): ConversationState {
  return {
    ...state,
    pending: state.pending.map((message) =>
      message.clientMessageId === clientMessageId ? { ...message, ...changes } : message,
    ),
  };
}

function withoutPending(state: ConversationState, clientMessageId: string): ConversationState {
  if (!state.pending.some((message) => message.clientMessageId === clientMessageId)) return state;
  return {
    ...state,
    pending: state.pending.filter((message) => message.clientMessageId !== clientMessageId),
  };
}

/** As the list of conversations has it, where that is the newer word. */
export function withDetails(
  state: ConversationState,
  listed: Pick<ConversationFragment, 'title' | 'participants'> | undefined,
): ConversationState {
  if (listed === undefined || state.status === 'loading' || state.status === 'not-found') return state;
  return { ...state, title: listed.title, participants: listed.participants };
}
