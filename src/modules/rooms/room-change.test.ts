import { describe, expect, it } from 'vitest';
import { isNoChange, mergeChanges, noChange, type RoomChange } from './room-change.ts';

const usersOf = (ids: readonly string[]) =>
  new Map(ids.map((id) => [id, { id, name: id.toUpperCase(), avatarUrl: null }]));
const change = (joined: readonly string[], left: readonly string[]): RoomChange => ({
  joined: usersOf(joined),
  left: usersOf(left),
});
const ids = ({ joined, left }: RoomChange) => [[...joined.keys()], [...left.keys()]];

describe('changes of a room, one after the other', () => {
  it.each([
    ['both join', change(['a'], []), change(['b'], []), [['a', 'b'], []]],
    ['one joins, another leaves', change(['a'], []), change([], ['b']), [['a'], ['b']]],
    ['joins and leaves: nothing', change(['a'], []), change([], ['a']), [[], []]],
    ['leaves and comes back: nothing', change([], ['a']), change(['a'], []), [[], []]],
    ['leaves and comes back in one', noChange, change(['a'], ['a']), [[], []]],
  ])('%s', (_title, earlier, later, expected) => {
    expect(ids(mergeChanges(earlier, later))).toEqual(expected);
  });

  it('leave those that were merged as they were', () => {
    const earlier = change(['a'], ['b']);
    mergeChanges(earlier, change(['b'], ['a']));
    expect(ids(earlier)).toEqual([['a'], ['b']]);
    expect([isNoChange(noChange), isNoChange(earlier)]).toEqual([true, false]);
  });
});
