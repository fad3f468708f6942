// Topics: the addresses of sequences. Their spelling is stored in the log and travels in cursors, so it never changes.

/** `workspace/kind/key`, each part percent-encoded: `acme/order/42`. */
export type Topic = string;

export interface TopicParts {
  readonly workspace: string;
  readonly kind: string;
  readonly key: string;
}

export const toTopic = (parts: TopicParts): Topic =>
  [parts.workspace, parts.kind, parts.key].map(encodeURIComponent).join('/');

/** Code-unit order, the same on every node and in every database collation: heads are always taken in it. */
export const compareTopics = (a: Topic, b: Topic): number => (a < b ? -1 : a > b ? 1 : 0);
