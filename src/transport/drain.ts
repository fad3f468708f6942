// Leaving so that nobody notices. Of the time that there is:
//
//   0 ── notice ──▶ 1/5 ── sending off, as long as there are many ──▶ at most 4/5 ── answering ──▶ at most 9/10 ── closing ──▶ 1
//
// - From the beginning /readyz says so, and nothing that lasts is begun here. Queries and mutations are still answered: a
//   balancer that has not looked yet loses none. It has a fifth to look; those who are sent off then come to other nodes.
// - Connections are told to go on elsewhere one after the other. What is under way on one is answered before it closes.
// - Nobody new can connect; what is under way is answered, and graces are waited for: whoever has come back elsewhere was never gone.
// - Everything is closed. Whatever hangs is named, and left to the end of the process.
import type { Logger } from 'pino';
import type { Closers } from './closers.ts';
import type { Readiness } from './readiness.ts';
import { sendOff, type Guest } from './send-off.ts';

export interface DrainOptions {
  /** It has ended after so long, whatever hangs. */
  readonly drainMs: number;
  /** Whether there may be other nodes, to which a balancer can send people. */
  readonly hasOthers: boolean;
  readonly readiness: Readiness;
  readonly logger: Logger;
  /** Called first. */
  onBegin(): void;
  /** Whoever is connected now. */
  guests(): readonly Guest[];
  /** Takes no connections any more; resolves when everything that is under way has been answered. */
  answered(): Promise<void>;
  /** Resolves when everything is over that is held back on purpose. */
  lingered(): Promise<void>;
  readonly closers: Closers;
  readonly random?: () => number;
}

/** Those who are sent off arrive elsewhere at this pace, or at a higher one where there are too many for the time. */
const sentOffPerSecond = 200;
/** For the process to end in. */
const reserveMs = 200;

export interface DrainPlan {
  readonly noticeMs: number;
  readonly sendOffMs: number;
  /** From the beginning. */
  readonly answeredByMs: number;
}

export const toDrainPlan = (drainMs: number, connections: number, hasOthers: boolean): DrainPlan => ({
  noticeMs: hasOthers ? drainMs / 5 : 0,
  sendOffMs: Math.min((drainMs * 3) / 5, (connections / sentOffPerSecond) * 1_000),
  answeredByMs: drainMs * 0.9,
});

/** Resolves in time with the names of what has not ended. Never rejects. */
export async function drain(options: DrainOptions): Promise<readonly string[]> {
  const { drainMs, hasOthers, readiness, logger, guests, closers, random = Math.random } = options;
  const startedAt = performance.now();
  const leftOf = (ms: number): number => Math.max(0, startedAt + ms - performance.now());
  readiness.drain();
  options.onBegin();
  logger.info({ connections: guests().length }, 'draining: nobody new is taken');
  await within(toDrainPlan(drainMs, 0, hasOthers).noticeMs, never);

  const all = guests();
  const { sendOffMs, answeredByMs } = toDrainPlan(drainMs, all.length, hasOthers);
  logger.info(
    { connections: all.length, overMs: Math.round(sendOffMs) },
    'draining: connections are sent off',
  );
  await sendOff({ guests: all, overMs: sendOffMs, random });

  const isAnswered = await within(leftOf(answeredByMs), options.answered());
  if (isAnswered) await within(leftOf(answeredByMs), options.lingered());
  else logger.warn({ connections: guests().length }, 'what was not answered in time is cut off');

  const unfinished = await closers.closeWithin(leftOf(drainMs - reserveMs));
  if (unfinished.length > 0) logger.error({ unfinished }, 'the time to drain is over: this was not closed');
  else logger.info('drained');
  return unfinished;
}

const never = new Promise<void>(() => undefined);

/** Whether it has ended in time, in whichever way. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}
