import { describe, expect, it } from 'vitest';
import { testViewer } from '../../../test/support/runtime.ts';
import { matchesRoom, mayEnter } from './rooms.policy.ts';

describe('a pattern of rooms', () => {
  it.each([
    ['lobby', 'lobby', true],
    ['lobby', 'lobby2', false],
    ['lobby', 'Lobby', false],
    ['public:*', 'public:', true],
    ['public:*', 'public:news', true],
    ['public:*', 'not:public:news', false],
    ['*:chat', 'team:chat', true],
    ['*:chat', 'team:chat2', false],
    ['team:*:chat', 'team:7:chat', true],
    ['team:*:chat', 'team:chat', false],
    ['a*a', 'a', false],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a*b*bc', 'abc', false],
    ['a**c', 'abc', true],
    ['*', 'anything', true],
    ['*', '', true],
    ['', '', true],
    ['', 'x', false],
    ['a.c', 'abc', false],
    ['[a]', '[a]', true],
  ])('%s fits %s: %s', (pattern, room, fits) => {
    expect(matchesRoom(pattern, room)).toBe(fits);
  });

  it('takes no longer for one made to be slow', () => {
    expect(matchesRoom(`${'*a'.repeat(128)}b`, 'a'.repeat(256))).toBe(false);
  });
});

describe('who may enter', () => {
  const publicRooms = ['public:*'];
  const alice = testViewer('alice', { workspace: 'acme', rooms: ['team:7', 'doc:*'] });
  const outside = { access: null, publicRooms };

  it('whoever the token names it to, everyone where it is public, and nobody else', () => {
    expect(mayEnter(alice, 'team:7', outside)).toBe(true);
    expect(mayEnter(alice, 'doc:1', outside)).toBe(true);
    expect(mayEnter(alice, 'public:news', outside)).toBe(true);
    expect(mayEnter(alice, 'team:8', outside)).toBe(false);
  });

  it('whoever was granted access, whatever the token says', () => {
    expect(mayEnter(alice, 'team:8', { access: 'granted', publicRooms })).toBe(true);
  });

  it('never from whom it was taken, whatever the token says and also where it is public', () => {
    for (const room of ['team:7', 'doc:1', 'public:news']) {
      expect(mayEnter(alice, room, { access: 'revoked', publicRooms })).toBe(false);
    }
  });

  it('roles and scopes open no room', () => {
    const staff = testViewer('dan', {
      workspace: 'acme',
      roles: ['staff', 'operator'],
      scopes: ['rooms:manage'],
    });
    expect(mayEnter(staff, 'team:7', outside)).toBe(false);
  });
});
