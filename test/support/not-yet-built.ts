// What the contract promises and the server doesn't have yet. The list only shrinks: test/contract.test.ts fails when
// something on it has been built, and when something is missing that isn't on it.
const users = ['EraseUserPayload', 'RevokeSessionsPayload', 'Mutation.eraseUser', 'Mutation.revokeSessions'];

const operations = [
  'ServerStats',
  'WorkspaceStats',
  'Query.serverStats',
  'Query.workspaceStats',
  'Subscription.serverStats',
];

/** Names as the comparison in schema-contract.ts gives them. */
export const notYetBuilt: readonly string[] = [...users, ...operations];
