// The part of the schema that all GraphQL contenders serve; objects are resolved by graphql-js's default resolvers.
export const typeDefs = /* GraphQL */ `
  type Query {
    isUp: Boolean!
  }

  type Subscription {
    orderUpdated(orderId: ID!): OrderUpdate!
    notification(userId: ID!): NotificationEvent!
  }

  type OrderUpdate {
    cursor: String!
    occurredAt: String!
    note: String
    previousStatus: OrderStatus
    order: Order!
  }

  type Order {
    id: ID!
    status: OrderStatus!
    trackingNumber: String
    customer: User!
  }

  enum OrderStatus {
    PENDING
    PROCESSING
    SHIPPED
    DELIVERED
  }

  type User {
    id: ID!
    name: String!
  }

  type NotificationEvent {
    cursor: String!
    occurredAt: String!
    kind: NotificationEventKind!
    unreadCount: Int!
    notifications: [Notification!]!
  }

  enum NotificationEventKind {
    RECEIVED
    READ
  }

  type Notification {
    id: ID!
    type: NotificationType!
    title: String!
    body: String!
  }

  enum NotificationType {
    ORDER
    SYSTEM
  }
`;

/** `subscribe` answers what the contender's own publish-subscribe gives for a topic. */
export const toResolvers = (subscribe) => ({
  Query: { isUp: () => true },
  Subscription: {
    orderUpdated: { subscribe: (_root, { orderId }, context) => subscribe(`order/${orderId}`, context) },
    notification: { subscribe: (_root, { userId }, context) => subscribe(`user/${userId}`, context) },
  },
});
