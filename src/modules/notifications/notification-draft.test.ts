import { describe, expect, test } from 'vitest';
import {
  optionalLink,
  requireDraft,
  requireRecipients,
  toTitle,
  type SendNotification,
} from './notification-draft.ts';

const input: SendNotification = { userIds: ['bob'], type: 'ALERT', title: 'Look', body: '' };
const sayingWhy = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringMatching(message) as string });

describe('recipients', () => {
  test('are each named once, in the order given', () => {
    expect(requireRecipients({ ...input, userIds: ['b', 'a', 'b'] })).toEqual(['b', 'a']);
  });

  test('workspace: false counts as not given', () => {
    expect(requireRecipients({ ...input, workspace: false })).toEqual(['bob']);
    expect(() => requireRecipients({ ...input, userIds: null, workspace: false })).toThrow(
      sayingWhy(/No recipients are given/),
    );
  });

  test('may be the whole workspace', () => {
    expect(requireRecipients({ ...input, userIds: null, workspace: true })).toBe('workspace');
  });

  test('are refused with a sentence where they are none, or both', () => {
    expect(() => requireRecipients({ ...input, workspace: true })).toThrow(sayingWhy(/Give one of them/));
    expect(() => requireRecipients({ ...input, userIds: [] })).toThrow(sayingWhy(/empty/));
  });

  test('are at most 500', () => {
    const ids = Array.from({ length: 501 }, (_, index) => `u${index}`);
    expect(requireRecipients({ ...input, userIds: ids.slice(1) })).toHaveLength(500);
    expect(() => requireRecipients({ ...input, userIds: ids })).toThrow(sayingWhy(/501 ids.*at most 500/));
  });
});

describe('a draft', () => {
  test('has the priority NORMAL, no data and no url unless told', () => {
    const plain = { type: 'ALERT', priority: 'NORMAL', title: 'Look', body: '', data: null, url: null };
    expect(requireDraft(input)).toEqual(plain);
    expect(requireDraft({ ...input, priority: null, url: null, data: null })).toEqual(plain);
  });

  test('has a title of 1 to 256 characters and a body of at most 10,000', () => {
    expect(requireDraft({ ...input, title: '🐢'.repeat(256), body: 'x'.repeat(10_000) })).toBeDefined();
    expect(() => requireDraft({ ...input, title: '' })).toThrow(sayingWhy(/`title` is empty/));
    expect(() => requireDraft({ ...input, title: 'x'.repeat(257) })).toThrow(sayingWhy(/`title` has 257/));
    expect(() => requireDraft({ ...input, body: 'x'.repeat(10_001) })).toThrow(sayingWhy(/`body` has 10001/));
  });
});

describe('a title made of what others have written', () => {
  test('is what they have written, where that fits', () => {
    expect(toTitle('')).toBe('');
    expect(toTitle('x'.repeat(256))).toBe('x'.repeat(256));
  });

  test('is cut where it does not, between characters, and is one then', () => {
    const title = toTitle('x'.repeat(257));
    expect(title).toBe(`${'x'.repeat(255)}…`);
    expect(requireDraft({ ...input, title })).toMatchObject({ title });
    const half = toTitle(`${'x'.repeat(254)}🐢🐢`);
    expect(half).toBe(`${'x'.repeat(254)}…`);
    expect(requireDraft({ ...input, title: half })).toMatchObject({ title: half });
  });
});

describe('a link', () => {
  test.each([
    '/',
    '/orders/42?tab=all#top',
    '/ü',
    'https://example.com/x',
    'http://localhost:3000',
    'HTTPS://EXAMPLE.com',
  ])('may be %s', (link) => {
    expect(optionalLink('url', link)).toBe(link);
  });

  test.each([
    ['', 'nothing'],
    ['orders/42', 'a relative path'],
    ['//example.com/x', 'another host in disguise'],
    ['/\\example.com/x', 'another host in disguise'],
    ['/\t/example.com/x', 'another host in disguise'],
    ['javascript:alert(1)', 'a script'],
    [' https://example.com', 'with a space before'],
    ['https://example.com/a b', 'with a space in it'],
    ['https://example.com/\n', 'with a line break behind it'],
    ['/orders\u007f42', 'with a control character'],
    ['/orders\u202842', 'with a line separator'],
    ['https:example.com', 'without slashes'],
    ['https://', 'without a host'],
    ['ftp://example.com', 'another scheme'],
    [`/${'x'.repeat(2_048)}`, 'too long'],
  ])('may not be %j: %s', (link) => {
    expect(() => optionalLink('url', link)).toThrow(sayingWhy(/`url`/));
  });

  test('may be left out', () => {
    expect(optionalLink('url', undefined)).toBeNull();
    expect(optionalLink('url', null)).toBeNull();
  });
});
