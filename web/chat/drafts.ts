/** What was written and not sent, by conversation: it is there again when one comes back to it. */
export const drafts = new Map<string, string>();
