// What this node's event streams have been through: plain counters, told by Tails and its subscriptions, read by whoever
// watches the server. None of them names a topic.

export class StreamFigures {
  /** A tail knew of more than it had been told in order, and began to read the log. */
  gaps = 0;
  /** It has read what was missing. */
  heals = 0;
  /** Tails that are behind at the moment. */
  behind = 0;
  /** Streams that could not be continued: the database went back, or retention was quicker. */
  lost = 0;
  /** Comparisons of the followed streams with the database. */
  headChecks = 0;
  headChecksFailed = 0;
  /** Entries that the broker did not take: the others find them by their head checks. */
  announcementsFailed = 0;
  /** Subscriptions that began to read the log, because they resumed behind their tail or had left it. */
  catchUps = 0;
  /** Those that read it at the moment. */
  catchingUp = 0;
  /** Entries that they were given of it. */
  entriesCaughtUp = 0;
  /** Live subscriptions that were too slow, and left their tail for the log. */
  leftForLog = 0;
  /** Of entries that subscriptions hold until somebody takes them. */
  queuedBytes = 0;
}
