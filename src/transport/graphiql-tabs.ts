/** The operations that GraphiQL's tabs begin with: a first event seen within a minute. */
export interface GraphiqlTab {
  readonly query: string;
  /** JSON text, as it would be typed into the Variables tab. */
  readonly variables?: string;
}

export interface ExampleTabsOptions {
  /** The order that the example tabs follow and publish. Default `1001`. */
  readonly orderId?: string;
  /** A conversation of the token's user: adds a tab that follows it and one that sends a message. */
  readonly conversationId?: string;
}

export function exampleTabs({ orderId = '1001', conversationId }: ExampleTabsOptions): GraphiqlTab[] {
  const order = JSON.stringify(orderId);
  const orderTabs: GraphiqlTab[] = [
    {
      query: `# Press Run (Ctrl-Enter), run the next tab
# (PublishOrderUpdate), and come back: a
# subscription goes on while another tab is
# in front.
subscription FollowOrder {
  orderUpdated(orderId: ${order}) {
    cursor
    order {
      id
      status
      updatedAt
    }
    previousStatus
    note
  }
}
`,
    },
    {
      query: `mutation PublishOrderUpdate {
  publishOrderUpdate(
    input: { orderId: ${order}, status: SHIPPED, note: "Left the warehouse" }
  ) {
    update {
      cursor
      order {
        id
        status
      }
      previousStatus
      note
    }
    deduplicated
  }
}
`,
    },
    {
      query: `# Subscribe with \`after: cursor\`, and nothing
# falls between this query and the
# subscription.
query MyOrders {
  viewer {
    id
    name
  }
  orders(first: 10) {
    nodes {
      id
      status
      updatedAt
    }
    cursor
  }
}
`,
    },
  ];
  if (conversationId === undefined) return orderTabs;
  const variables = JSON.stringify({ conversationId }, null, 2);
  return [
    ...orderTabs,
    {
      query: `subscription FollowChat($conversationId: ID!) {
  chatMessage(conversationId: $conversationId) {
    cursor
    kind
    message {
      id
      sender {
        name
      }
      body
    }
  }
}
`,
      variables,
    },
    {
      query: `mutation SendMessage($conversationId: ID!) {
  sendMessage(input: { conversationId: $conversationId, body: "Hello from GraphiQL" }) {
    message {
      id
      sentAt
    }
    cursor
  }
}
`,
      variables,
    },
  ];
}
