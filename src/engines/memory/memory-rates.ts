// Rates of a single process.

import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Rates } from '../engine.ts';
import { createRates } from '../limited-rates.ts';

export const createMemoryRates = (): Rates =>
  createRates(({ points, windowSeconds }) => new RateLimiterMemory({ points, duration: windowSeconds }));
