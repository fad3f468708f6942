import { describe, expect, it } from 'vitest';
import { DeliveryFigures, quantileOf } from './delivery-figures.ts';

const within = (value: number | null, expected: number) => {
  expect(value).not.toBeNull();
  expect(Math.abs((value ?? 0) - expected) / expected).toBeLessThan(0.1);
};

describe('figures of deliveries', () => {
  const setUp = () => {
    const clock = { now: 1_000_000 };
    const figures = new DeliveryFigures(() => clock.now);
    const deliver = (...durations: number[]) => {
      for (const ms of durations) figures.deliver(clock.now - ms);
    };
    return { clock, figures, deliver };
  };

  it('tell quantiles to a tenth of their value, over several nodes', () => {
    const [one, other] = [setUp(), setUp()];
    one.deliver(...Array.from({ length: 50 }, (_, index) => 1 + index));
    other.deliver(...Array.from({ length: 50 }, (_, index) => 51 + index));
    const histograms = [one.figures.lastMinute(), other.figures.lastMinute()];
    within(quantileOf(histograms, 0.5), 50);
    within(quantileOf(histograms, 0.99), 99);
    within(quantileOf(histograms.slice(0, 1), 0.5), 25);
  });

  it('tell nothing where nothing was delivered, or only what was read from the log', () => {
    const { figures } = setUp();
    expect(quantileOf([figures.lastMinute()], 0.5)).toBeNull();
    figures.deliver(null);
    expect(figures.delivered).toBe(1);
    expect(quantileOf([figures.lastMinute()], 0.5)).toBeNull();
  });

  it('forget what is older than a minute', () => {
    const { clock, figures, deliver } = setUp();
    deliver(500);
    clock.now += 59_000;
    deliver(5);
    within(quantileOf([figures.lastMinute()], 1), 500);
    clock.now += 2_000;
    within(quantileOf([figures.lastMinute()], 1), 5);
    clock.now += 3_600_000;
    expect(figures.lastMinute()).toEqual({});
    expect(figures.delivered).toBe(2);
  });

  it('since the start all are counted, those of a run that is not over too', () => {
    const { clock, figures, deliver } = setUp();
    deliver(...Array.from({ length: 1_000 }, () => 30));
    clock.now += 3_600_000;
    deliver(4, 4, 700);
    figures.deliver(null);
    const { counts, sumMs } = figures.sinceStart();
    expect(counts.reduce((sum, count) => sum + count)).toBe(1_003);
    expect(sumMs).toBe(30_708);
    expect(figures.delivered).toBe(1_004);
  });

  it('a clock that is behind makes nothing quicker than nothing', () => {
    const { figures, deliver } = setUp();
    deliver(-20, 0);
    expect(figures.lastMinute()).toEqual({ 0: 2 });
  });
});
