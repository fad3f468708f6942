import { describe, expect, test } from 'vitest';
import type { PresenceSetting, PresenceState } from '../../engines/engine.ts';
import { lastSeenAfter, looksTheSame, toPresenceView } from './visible-presence.ts';

const user = { id: 'ada', name: 'Ada', avatarUrl: null };
const seen = '2026-11-20T08:00:00.000Z';
const setAt = '2026-11-21T10:00:00.000Z';
const setting = (status: PresenceSetting['status']): PresenceSetting => ({
  status,
  activity: { kind: 'EDITING', resource: 'invoice/42' },
  setAt,
});
const state = (live: number, leaving: number, set: PresenceSetting | null = null): PresenceState => ({
  userId: 'ada',
  version: 1,
  live,
  leaving,
  setting: set,
});
const view = (of: PresenceState) => toPresenceView(of, { user, lastSeenAt: seen });

describe('what others see', () => {
  test('somebody connected is ONLINE unless they set something else', () => {
    expect(view(state(2, 0))).toEqual({
      user,
      status: 'ONLINE',
      activity: null,
      deviceCount: 2,
      lastSeenAt: null,
    });
    expect(view(state(1, 0, setting('BUSY')))).toMatchObject({
      status: 'BUSY',
      activity: { kind: 'EDITING', resource: 'invoice/42' },
      deviceCount: 1,
      lastSeenAt: null,
    });
  });

  test('somebody not connected is OFFLINE since they were last seen', () => {
    expect(view(state(0, 0))).toEqual({
      user,
      status: 'OFFLINE',
      activity: null,
      deviceCount: 0,
      lastSeenAt: seen,
    });
  });

  test('a page reload is never visible', () => {
    const phases = [state(1, 0), state(0, 1), state(1, 1), state(1, 0)].map(view);
    for (const phase of phases) expect(looksTheSame(phase, phases[0]!)).toBe(true);
  });

  test('whoever appears offline looks as if they had left when they said so, whatever they do', () => {
    const hidden = view(state(3, 0, setting('OFFLINE')));
    expect(hidden).toEqual({ user, status: 'OFFLINE', activity: null, deviceCount: 0, lastSeenAt: setAt });
    expect(looksTheSame(hidden, view(state(0, 0)))).toBe(true);
  });
});

describe('when somebody was last seen', () => {
  const at = '2026-11-21T12:00:00.000Z';
  const after = (before: PresenceState, now: PresenceState) => lastSeenAfter(before, now, { told: seen, at });

  test('is the moment their leaving was noticed', () => expect(after(state(0, 1), state(0, 0))).toBe(at));
  test('stays as told while they come or stay away', () => {
    expect(after(state(0, 0), state(0, 0))).toBe(seen);
    expect(after(state(0, 0), state(1, 0))).toBe(seen);
  });
  test('is when they hid, for whoever leaves while hidden', () => {
    expect(after(state(1, 0, setting('OFFLINE')), state(0, 0))).toBe(setAt);
  });
});
