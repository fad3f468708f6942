// How far clocks are apart, from questions for the time: as for NTP, the quickest answer tells most. Pure.
import type { ClockReading } from '../../store/clock-reading.ts';
import { about, type Finding } from './finding.ts';

export interface ClockDifference {
  /** How far the other's clock is ahead of this machine's; negative where it is behind. */
  readonly aheadMs: number;
  /** It may be so much more or less. */
  readonly uncertainMs: number;
}

export function compareClock(readings: readonly ClockReading[]): ClockDifference | null {
  const [quickest] = [...readings].sort((one, other) => roundTrip(one) - roundTrip(other));
  if (quickest === undefined) return null;
  const uncertainMs = roundTrip(quickest) / 2;
  return { aheadMs: quickest.told - (quickest.askedAt + uncertainMs), uncertainMs };
}

/** Of the round trips, in milliseconds. */
export function medianLatency(readings: readonly ClockReading[]): number {
  const sorted = readings.map(roundTrip).sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const roundTrip = ({ askedAt, answeredAt }: ClockReading): number => answeredAt - askedAt;

/** Tokens are waited for so long whose `iat` lies ahead. */
const brokenMs = 5_000;
const noticeMs = 1_000;

/** Each with a name: "the database". This machine's own is 0. */
export function judgeClocks(
  clocks: readonly (ClockDifference & { readonly name: string })[],
): readonly Finding[] {
  const { fine, notice, broken } = about('clocks');
  if (clocks.length === 0) return [];
  const all = [{ name: 'this machine', aheadMs: 0, uncertainMs: 0 }, ...clocks];
  const apart = all
    .flatMap((one, index) => all.slice(index + 1).map((other) => ({ one, other })))
    .map(({ one, other }) => {
      const aheadMs = other.aheadMs - one.aheadMs;
      const surelyMs = Math.max(0, Math.abs(aheadMs) - one.uncertainMs - other.uncertainMs);
      const order =
        aheadMs > 0 ? `${other.name} is ahead of ${one.name}` : `${one.name} is ahead of ${other.name}`;
      return { surelyMs, sentence: `${order} by ${(Math.abs(aheadMs) / 1_000).toFixed(1)} s` };
    });
  const wrong = apart.filter(({ surelyMs }) => surelyMs >= noticeMs);
  if (wrong.length === 0)
    return [fine(`${all.map(({ name }) => name).join(', ')}: less than a second apart`)];
  const advice = 'let chrony or systemd-timesyncd set the clock on all of them';
  return wrong.map(({ surelyMs, sentence }) =>
    surelyMs >= brokenMs
      ? broken(`${sentence}: fresh tokens are refused, and times of events mislead`, advice)
      : notice(sentence, advice),
  );
}
