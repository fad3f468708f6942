// `tidings/react`: the generated hooks, one for each operation, and those that do what every page otherwise writes itself.
export * from './generated.ts';
export { TidingsProvider, useTidings, type TidingsProviderProps } from './tidings-provider.tsx';
export { useAnnouncements, type Announcements } from './use-announcements.ts';
export { useConnectionState } from './use-connection-state.ts';
export { useConversation, type ConversationActions } from './use-conversation.ts';
export { useConversations, type ConversationsActions } from './use-conversations.ts';
export { useNotifications, type NotificationsActions } from './use-notifications.ts';
export { useOrder, type Refetch } from './use-order.ts';
export { usePresence, type Presence } from './use-presence.ts';
export { useRoom, type Room, type RoomOptions } from './use-room.ts';
export { useTypingIndicator, type TypingIndicator } from './use-typing-indicator.ts';

// What they tell
export type { ConversationState, PendingMessage } from './conversation-state.ts';
export type { ConversationsState } from './conversations-state.ts';
export type { NotificationsState } from './notifications-state.ts';
export type { OrderState } from './order-state.ts';
export type { RoomState } from './room-state.ts';
export type { FeedStatus } from './stream-feed.ts';
