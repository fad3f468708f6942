import { expect, test } from 'vitest';
import { assignSlots, type ClusterView, parseClusterView, slotCount, toSlot } from './cluster-slots.ts';

test('slots are those of the specification', () => {
  expect(toSlot('123456789')).toBe(12_739);
  expect(toSlot('foo')).toBe(12_182);
  expect(toSlot('')).toBe(0);
});

test('what stands in the first braces decides, where something does', () => {
  expect(toSlot('tidings:{123456789}:user')).toBe(12_739);
  expect(toSlot('{foo}{bar}')).toBe(12_182);
  expect(toSlot('a{}{foo}')).not.toBe(12_182);
  expect(toSlot('{foo')).not.toBe(12_182);
  expect(toSlot('tidings:log:channel:{é}')).toBe(toSlot('é'));
});

const asked = { host: 'here', port: 1 };

test('a node tells of its own slots, and of every master by the address that it prefers', () => {
  const view = parseClusterView({
    myId: 'a',
    info: 'cluster_state:ok\r\ncluster_my_epoch:7\r\n',
    slots: [
      [0, 99, [null, 7000, 'a', []], ['10.0.0.9', 7003, 'd', []]],
      [100, slotCount - 1, ['10.0.0.2', 7001, 'b', []]],
      [200, 200, ['', 7000, 'a', []]],
    ],
    asked,
  });
  expect(view).toEqual({
    takesPart: true,
    epoch: 7,
    own: [
      { first: 0, last: 99 },
      { first: 200, last: 200 },
    ],
    masters: [
      { host: 'here', port: 7000 },
      { host: '10.0.0.2', port: 7001 },
    ],
    nodes: [
      { host: 'here', port: 7000 },
      { host: '10.0.0.9', port: 7003 },
      { host: '10.0.0.2', port: 7001 },
    ],
  });
  expect(() => parseClusterView({ myId: 'a', info: 'none', slots: [], asked })).toThrow('not understood');
});

const claim = (name: string, epoch: number, first: number, last: number, takesPart = true) => ({
  name,
  view: { takesPart, epoch, own: [{ first, last }], masters: [], nodes: [] } satisfies ClusterView,
});

test('a slot that two claim is served by the greater epoch, whoever is asked first', () => {
  const [old, promoted] = [claim('old', 1, 0, 10), claim('promoted', 2, 5, 20)];
  for (const claimants of [
    [old, promoted],
    [promoted, old],
  ]) {
    const owners = assignSlots(claimants);
    expect([0, 4, 5, 10, 20].map((slot) => owners[slot]?.name)).toEqual([
      'old',
      'old',
      'promoted',
      'promoted',
      'promoted',
    ]);
    expect(owners[21]).toBeUndefined();
  }
});

test('who is cut off from the others, or has not spoken, serves nothing', () => {
  const owners = assignSlots([claim('cut off', 9, 0, 10, false), { name: 'silent', view: null }]);
  expect(owners.some((owner) => owner !== undefined)).toBe(false);
  expect(owners).toHaveLength(slotCount);
});
