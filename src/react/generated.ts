// Written by `npm run codegen` from src/client/operations/ and schema.graphql; not to be edited.

import * as Operations from '../client/generated.ts';
import * as Urql from 'urql';
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;


export function useAnnouncementsQuery(options?: Omit<Urql.UseQueryArgs<Operations.AnnouncementsQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.AnnouncementsQuery, Operations.AnnouncementsQueryVariables>({ query: Operations.AnnouncementsDocument, ...options });
};

export function useAnnouncementSubscription<TData = Operations.AnnouncementSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.AnnouncementSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.AnnouncementSubscription, TData>) {
  return Urql.useSubscription<Operations.AnnouncementSubscription, TData, Operations.AnnouncementSubscriptionVariables>({ query: Operations.AnnouncementDocument, ...options }, handler);
};

export function usePublishAnnouncementMutation() {
  return Urql.useMutation<Operations.PublishAnnouncementMutation, Operations.PublishAnnouncementMutationVariables>(Operations.PublishAnnouncementDocument);
};

export function useBookingQuery(options: Omit<Urql.UseQueryArgs<Operations.BookingQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.BookingQuery, Operations.BookingQueryVariables>({ query: Operations.BookingDocument, ...options });
};

export function useBookingsQuery(options?: Omit<Urql.UseQueryArgs<Operations.BookingsQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.BookingsQuery, Operations.BookingsQueryVariables>({ query: Operations.BookingsDocument, ...options });
};

export function useBookingUpdatedSubscription<TData = Operations.BookingUpdatedSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.BookingUpdatedSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.BookingUpdatedSubscription, TData>) {
  return Urql.useSubscription<Operations.BookingUpdatedSubscription, TData, Operations.BookingUpdatedSubscriptionVariables>({ query: Operations.BookingUpdatedDocument, ...options }, handler);
};

export function usePublishBookingUpdateMutation() {
  return Urql.useMutation<Operations.PublishBookingUpdateMutation, Operations.PublishBookingUpdateMutationVariables>(Operations.PublishBookingUpdateDocument);
};

export function useConversationQuery(options: Omit<Urql.UseQueryArgs<Operations.ConversationQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.ConversationQuery, Operations.ConversationQueryVariables>({ query: Operations.ConversationDocument, ...options });
};

export function useConversationsQuery(options?: Omit<Urql.UseQueryArgs<Operations.ConversationsQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.ConversationsQuery, Operations.ConversationsQueryVariables>({ query: Operations.ConversationsDocument, ...options });
};

export function useChatMessageSubscription<TData = Operations.ChatMessageSubscription>(options: Omit<Urql.UseSubscriptionArgs<Operations.ChatMessageSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.ChatMessageSubscription, TData>) {
  return Urql.useSubscription<Operations.ChatMessageSubscription, TData, Operations.ChatMessageSubscriptionVariables>({ query: Operations.ChatMessageDocument, ...options }, handler);
};

export function useConversationUpdatedSubscription<TData = Operations.ConversationUpdatedSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.ConversationUpdatedSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.ConversationUpdatedSubscription, TData>) {
  return Urql.useSubscription<Operations.ConversationUpdatedSubscription, TData, Operations.ConversationUpdatedSubscriptionVariables>({ query: Operations.ConversationUpdatedDocument, ...options }, handler);
};

export function useReadReceiptSubscription<TData = Operations.ReadReceiptSubscription>(options: Omit<Urql.UseSubscriptionArgs<Operations.ReadReceiptSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.ReadReceiptSubscription, TData>) {
  return Urql.useSubscription<Operations.ReadReceiptSubscription, TData, Operations.ReadReceiptSubscriptionVariables>({ query: Operations.ReadReceiptDocument, ...options }, handler);
};

export function useTypingSubscription<TData = Operations.TypingSubscription>(options: Omit<Urql.UseSubscriptionArgs<Operations.TypingSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.TypingSubscription, TData>) {
  return Urql.useSubscription<Operations.TypingSubscription, TData, Operations.TypingSubscriptionVariables>({ query: Operations.TypingDocument, ...options }, handler);
};

export function useCreateConversationMutation() {
  return Urql.useMutation<Operations.CreateConversationMutation, Operations.CreateConversationMutationVariables>(Operations.CreateConversationDocument);
};

export function useAddParticipantsMutation() {
  return Urql.useMutation<Operations.AddParticipantsMutation, Operations.AddParticipantsMutationVariables>(Operations.AddParticipantsDocument);
};

export function useRemoveParticipantsMutation() {
  return Urql.useMutation<Operations.RemoveParticipantsMutation, Operations.RemoveParticipantsMutationVariables>(Operations.RemoveParticipantsDocument);
};

export function useSendMessageMutation() {
  return Urql.useMutation<Operations.SendMessageMutation, Operations.SendMessageMutationVariables>(Operations.SendMessageDocument);
};

export function useEditMessageMutation() {
  return Urql.useMutation<Operations.EditMessageMutation, Operations.EditMessageMutationVariables>(Operations.EditMessageDocument);
};

export function useDeleteMessageMutation() {
  return Urql.useMutation<Operations.DeleteMessageMutation, Operations.DeleteMessageMutationVariables>(Operations.DeleteMessageDocument);
};

export function useMarkConversationReadMutation() {
  return Urql.useMutation<Operations.MarkConversationReadMutation, Operations.MarkConversationReadMutationVariables>(Operations.MarkConversationReadDocument);
};

export function useSetTypingMutation() {
  return Urql.useMutation<Operations.SetTypingMutation, Operations.SetTypingMutationVariables>(Operations.SetTypingDocument);
};

export function useInventoryAlertsQuery(options?: Omit<Urql.UseQueryArgs<Operations.InventoryAlertsQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.InventoryAlertsQuery, Operations.InventoryAlertsQueryVariables>({ query: Operations.InventoryAlertsDocument, ...options });
};

export function useInventoryAlertSubscription<TData = Operations.InventoryAlertSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.InventoryAlertSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.InventoryAlertSubscription, TData>) {
  return Urql.useSubscription<Operations.InventoryAlertSubscription, TData, Operations.InventoryAlertSubscriptionVariables>({ query: Operations.InventoryAlertDocument, ...options }, handler);
};

export function usePublishInventoryAlertMutation() {
  return Urql.useMutation<Operations.PublishInventoryAlertMutation, Operations.PublishInventoryAlertMutationVariables>(Operations.PublishInventoryAlertDocument);
};

export function useNotificationsQuery(options?: Omit<Urql.UseQueryArgs<Operations.NotificationsQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.NotificationsQuery, Operations.NotificationsQueryVariables>({ query: Operations.NotificationsDocument, ...options });
};

export function useNotificationSubscription<TData = Operations.NotificationSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.NotificationSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.NotificationSubscription, TData>) {
  return Urql.useSubscription<Operations.NotificationSubscription, TData, Operations.NotificationSubscriptionVariables>({ query: Operations.NotificationDocument, ...options }, handler);
};

export function useMarkNotificationReadMutation() {
  return Urql.useMutation<Operations.MarkNotificationReadMutation, Operations.MarkNotificationReadMutationVariables>(Operations.MarkNotificationReadDocument);
};

export function useMarkNotificationsReadMutation() {
  return Urql.useMutation<Operations.MarkNotificationsReadMutation, Operations.MarkNotificationsReadMutationVariables>(Operations.MarkNotificationsReadDocument);
};

export function useMarkAllNotificationsReadMutation() {
  return Urql.useMutation<Operations.MarkAllNotificationsReadMutation, Operations.MarkAllNotificationsReadMutationVariables>(Operations.MarkAllNotificationsReadDocument);
};

export function useSendNotificationMutation() {
  return Urql.useMutation<Operations.SendNotificationMutation, Operations.SendNotificationMutationVariables>(Operations.SendNotificationDocument);
};

export function useWorkspaceStatsQuery(options?: Omit<Urql.UseQueryArgs<Operations.WorkspaceStatsQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.WorkspaceStatsQuery, Operations.WorkspaceStatsQueryVariables>({ query: Operations.WorkspaceStatsDocument, ...options });
};

export function useServerStatsQuery(options?: Omit<Urql.UseQueryArgs<Operations.ServerStatsQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.ServerStatsQuery, Operations.ServerStatsQueryVariables>({ query: Operations.ServerStatsDocument, ...options });
};

export function useServerStatsChangedSubscription<TData = Operations.ServerStatsChangedSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.ServerStatsChangedSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.ServerStatsChangedSubscription, TData>) {
  return Urql.useSubscription<Operations.ServerStatsChangedSubscription, TData, Operations.ServerStatsChangedSubscriptionVariables>({ query: Operations.ServerStatsChangedDocument, ...options }, handler);
};

export function useOrderQuery(options: Omit<Urql.UseQueryArgs<Operations.OrderQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.OrderQuery, Operations.OrderQueryVariables>({ query: Operations.OrderDocument, ...options });
};

export function useOrdersQuery(options?: Omit<Urql.UseQueryArgs<Operations.OrdersQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.OrdersQuery, Operations.OrdersQueryVariables>({ query: Operations.OrdersDocument, ...options });
};

export function useOrderUpdatedSubscription<TData = Operations.OrderUpdatedSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.OrderUpdatedSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.OrderUpdatedSubscription, TData>) {
  return Urql.useSubscription<Operations.OrderUpdatedSubscription, TData, Operations.OrderUpdatedSubscriptionVariables>({ query: Operations.OrderUpdatedDocument, ...options }, handler);
};

export function usePublishOrderUpdateMutation() {
  return Urql.useMutation<Operations.PublishOrderUpdateMutation, Operations.PublishOrderUpdateMutationVariables>(Operations.PublishOrderUpdateDocument);
};

export function usePresenceQuery(options: Omit<Urql.UseQueryArgs<Operations.PresenceQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.PresenceQuery, Operations.PresenceQueryVariables>({ query: Operations.PresenceDocument, ...options });
};

export function useOnlineUsersQuery(options?: Omit<Urql.UseQueryArgs<Operations.OnlineUsersQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.OnlineUsersQuery, Operations.OnlineUsersQueryVariables>({ query: Operations.OnlineUsersDocument, ...options });
};

export function usePresenceChangedSubscription<TData = Operations.PresenceChangedSubscription>(options?: Omit<Urql.UseSubscriptionArgs<Operations.PresenceChangedSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.PresenceChangedSubscription, TData>) {
  return Urql.useSubscription<Operations.PresenceChangedSubscription, TData, Operations.PresenceChangedSubscriptionVariables>({ query: Operations.PresenceChangedDocument, ...options }, handler);
};

export function useSetPresenceMutation() {
  return Urql.useMutation<Operations.SetPresenceMutation, Operations.SetPresenceMutationVariables>(Operations.SetPresenceDocument);
};

export function useRoomPresenceQuery(options: Omit<Urql.UseQueryArgs<Operations.RoomPresenceQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.RoomPresenceQuery, Operations.RoomPresenceQueryVariables>({ query: Operations.RoomPresenceDocument, ...options });
};

export function useRoomEventsQuery(options: Omit<Urql.UseQueryArgs<Operations.RoomEventsQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.RoomEventsQuery, Operations.RoomEventsQueryVariables>({ query: Operations.RoomEventsDocument, ...options });
};

export function useRoomPresenceChangedSubscription<TData = Operations.RoomPresenceChangedSubscription>(options: Omit<Urql.UseSubscriptionArgs<Operations.RoomPresenceChangedSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.RoomPresenceChangedSubscription, TData>) {
  return Urql.useSubscription<Operations.RoomPresenceChangedSubscription, TData, Operations.RoomPresenceChangedSubscriptionVariables>({ query: Operations.RoomPresenceChangedDocument, ...options }, handler);
};

export function useRoomEventSubscription<TData = Operations.RoomEventSubscription>(options: Omit<Urql.UseSubscriptionArgs<Operations.RoomEventSubscriptionVariables>, 'query'>, handler?: Urql.SubscriptionHandler<Operations.RoomEventSubscription, TData>) {
  return Urql.useSubscription<Operations.RoomEventSubscription, TData, Operations.RoomEventSubscriptionVariables>({ query: Operations.RoomEventDocument, ...options }, handler);
};

export function usePublishRoomEventMutation() {
  return Urql.useMutation<Operations.PublishRoomEventMutation, Operations.PublishRoomEventMutationVariables>(Operations.PublishRoomEventDocument);
};

export function useGrantRoomAccessMutation() {
  return Urql.useMutation<Operations.GrantRoomAccessMutation, Operations.GrantRoomAccessMutationVariables>(Operations.GrantRoomAccessDocument);
};

export function useRevokeRoomAccessMutation() {
  return Urql.useMutation<Operations.RevokeRoomAccessMutation, Operations.RevokeRoomAccessMutationVariables>(Operations.RevokeRoomAccessDocument);
};

export function useViewerQuery(options?: Omit<Urql.UseQueryArgs<Operations.ViewerQueryVariables>, 'query'>) {
  return Urql.useQuery<Operations.ViewerQuery, Operations.ViewerQueryVariables>({ query: Operations.ViewerDocument, ...options });
};

export function useRenewSessionMutation() {
  return Urql.useMutation<Operations.RenewSessionMutation, Operations.RenewSessionMutationVariables>(Operations.RenewSessionDocument);
};

export function useUpsertUsersMutation() {
  return Urql.useMutation<Operations.UpsertUsersMutation, Operations.UpsertUsersMutationVariables>(Operations.UpsertUsersDocument);
};

export function useRevokeSessionsMutation() {
  return Urql.useMutation<Operations.RevokeSessionsMutation, Operations.RevokeSessionsMutationVariables>(Operations.RevokeSessionsDocument);
};

export function useEraseUserMutation() {
  return Urql.useMutation<Operations.EraseUserMutation, Operations.EraseUserMutationVariables>(Operations.EraseUserDocument);
};