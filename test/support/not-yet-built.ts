// What the contract promises and the server doesn't have yet: nothing any more. test/contract.test.ts fails when something is
// missing that isn't on this list.

/** Names as the comparison in schema-contract.ts gives them. */
export const notYetBuilt: readonly string[] = [];
