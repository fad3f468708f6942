// Which fault comes when: the same seed gives the same schedule, whatever the machine does.

export const faultKinds = [
  'rolling restart',
  'kill a node',
  'kill a node between commit and publish',
  'freeze a node for 10 s',
  'drop what nodes publish',
  'restart Redis, empty',
  'cut the subscribers of Redis',
  'stop PostgreSQL for 4 s',
  'crash PostgreSQL',
  'lose the answers to commits',
  'cut clients',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface ScheduledFault {
  readonly kind: FaultKind;
  /** Before it begins, in milliseconds. */
  readonly pauseMs: number;
  /** Which node, between 0 and 1. */
  readonly place: number;
  /** Begins while the fault before it has not healed yet. */
  readonly overlaps: boolean;
}

/** Every kind once in a random order, then random ones for ever. */
export function* createSchedule(
  seed: number,
  kinds: readonly FaultKind[] = faultKinds,
): Generator<ScheduledFault, never> {
  const random = createRandom(seed);
  const fault = (kind: FaultKind, overlaps: boolean): ScheduledFault => ({
    kind,
    pauseMs: 500 + Math.floor(random() * 2_500),
    place: random(),
    overlaps,
  });
  const first = [...kinds];
  while (first.length > 0) {
    const [kind] = first.splice(Math.floor(random() * first.length), 1);
    if (kind !== undefined) yield fault(kind, false);
  }
  for (;;) yield fault(kinds[Math.floor(random() * kinds.length)] ?? 'kill a node', random() < 0.3);
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
