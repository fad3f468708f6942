// Who is typing, as the others in a conversation see it. Typing lapses after six seconds without a word, so an end that
// was told and one that came by itself look alike. Where it matters somebody else begins first, over HTTP: whatever ends
// before theirs does has not lapsed.
import { expect, it } from 'vitest';
import { asChatter, type Chatter, type Typing } from '../support/chatter.ts';
import type { Subscribed } from '../support/client.ts';
import { onBothSetups } from '../support/setups.ts';

/** What somebody sees: who starts and who stops. Renewals are passed over, once `onRenewed` has been told. */
function watchTyping(
  events: Subscribed<Typing>,
  onRenewed: (userId: string) => Promise<unknown> = async () => undefined,
) {
  const typing = new Set<string>();
  return {
    async next(): Promise<string> {
      for (;;) {
        const { user, isTyping, expiresInMs } = await events.next();
        if (isTyping) {
          expect(expiresInMs).toBeGreaterThan(0);
          expect(expiresInMs).toBeLessThanOrEqual(6_000);
        } else expect(expiresInMs).toBeNull();
        if (isTyping && typing.has(user.id)) {
          await onRenewed(user.id);
          continue;
        }
        if (isTyping) typing.add(user.id);
        else expect(typing.delete(user.id)).toBe(true);
        return `${user.id} ${isTyping ? 'types' : 'stops'}`;
      }
    },
    [Symbol.asyncDispose]: () => events[Symbol.asyncDispose](),
  };
}

onBothSetups('typing', (stage) => {
  /** A conversation of four. They say it in one process, and watch it in the other. */
  const begin = async () => {
    const workspace = stage.newWorkspace();
    const near = async (user: string) => asChatter(await stage.writer(user, { workspace }));
    const far = async (user: string) => asChatter(await stage.listener(user, { workspace }));
    const { id } = await (await near('alice')).create({ participantIds: ['bob', 'carol', 'dan'] });
    return { id, near, far };
  };

  it('the others see it begin and end, whoever types does not see their own', async () => {
    const { id, near, far } = await begin();
    await using alice = await near('alice');
    await using aliceElsewhere = await far('alice');
    await using bob = await far('bob');
    const carol = await near('carol');
    await using atAlice = watchTyping(aliceElsewhere.followTyping(id));
    await using atBob = watchTyping(bob.followTyping(id));
    await carol.type(id, true);
    expect(await atBob.next()).toBe('carol types');
    expect(await atAlice.next()).toBe('carol types');
    expect(await alice.typeOverWebSocket(id, true)).toEqual({
      conversationId: id,
      user: { id: 'alice' },
      isTyping: true,
      expiresInMs: 6_000,
    });
    expect(await atBob.next()).toBe('alice types');
    expect(await alice.typeOverWebSocket(id, false)).toMatchObject({ isTyping: false, expiresInMs: null });
    expect(await atBob.next()).toBe('alice stops');
    await bob.type(id, true);
    expect(await atAlice.next()).toBe('bob types');
    await carol.type(id, false);
    expect(await atAlice.next()).toBe('carol stops');
    expect(await atBob.next()).toBe('carol stops');
  });

  it('another conversation of the same people is another matter', async () => {
    const { id, near, far } = await begin();
    const alice = await near('alice');
    const other = await alice.create({ participantIds: ['bob'] });
    await using bob = await far('bob');
    await using atBob = watchTyping(bob.followTyping(other.id));
    await alice.type(id, true);
    await alice.type(other.id, true);
    await alice.type(id, false);
    expect(await atBob.next()).toBe('alice types');
    await alice.type(other.id, false);
    expect(await atBob.next()).toBe('alice stops');
  });

  it.each<[string, (devices: { near: Chatter; far: Chatter }, id: string) => PromiseLike<unknown>]>([
    ['the message is sent', ({ near }, id) => near.send(id, 'done')],
    ['the message is sent from another device', ({ far }, id) => far.send(id, 'done')],
    ['it is ended on another device', ({ far }, id) => far.type(id, false)],
    ['the connection that said it closes', ({ near }) => near[Symbol.asyncDispose]()],
  ])('ends when %s, long before it would lapse', async (_when, end) => {
    const { id, near, far } = await begin();
    await using alice = await near('alice');
    await using bob = await far('bob');
    await using atBob = watchTyping(bob.followTyping(id));
    await (await near('carol')).type(id, true);
    expect(await atBob.next()).toBe('carol types');
    await alice.typeOverWebSocket(id, true);
    expect(await atBob.next()).toBe('alice types');
    await end({ near: alice, far: await far('alice') }, id);
    expect(await atBob.next()).toBe('alice stops');
  });

  it('ends with the last of the connections that said it', async () => {
    const { id, near, far } = await begin();
    await using phone = await near('alice');
    await using laptop = await far('alice');
    await using bob = await far('bob');
    await using atBob = watchTyping(bob.followTyping(id));
    await using devices = bob.subscribe<{ presenceChanged: { deviceCount: number } }>(
      'subscription { presenceChanged(userIds: ["alice"]) { deviceCount } }',
    );
    await (await near('carol')).type(id, true);
    expect(await atBob.next()).toBe('carol types');
    await Promise.all([phone.typeOverWebSocket(id, true), laptop.typeOverWebSocket(id, true)]);
    expect(await atBob.next()).toBe('alice types');
    const untilDevices = async (count: number) => {
      while ((await devices.next()).presenceChanged.deviceCount !== count);
    };
    await untilDevices(2);
    await phone[Symbol.asyncDispose]();
    // The server knows by now that it has closed.
    await untilDevices(1);
    await (await near('dan')).type(id, true);
    expect(await atBob.next()).toBe('dan types');
    await laptop[Symbol.asyncDispose]();
    expect(await atBob.next()).toBe('alice stops');
  });

  it('said over HTTP it outlives the speaker’s connection', async () => {
    const { id, near, far } = await begin();
    await using alice = await near('alice');
    await using dan = await near('dan');
    await using bob = await far('bob');
    await using atBob = watchTyping(bob.followTyping(id));
    await alice.connected();
    await alice.type(id, true);
    expect(await atBob.next()).toBe('alice types');
    await dan.typeOverWebSocket(id, true);
    expect(await atBob.next()).toBe('dan types');
    await alice[Symbol.asyncDispose]();
    await dan[Symbol.asyncDispose]();
    expect(await atBob.next()).toBe('dan stops');
    await alice.type(id, false);
    expect(await atBob.next()).toBe('alice stops');
  });

  it('lapses without a word, and stands for as long as it is renewed', async () => {
    const { id, near, far } = await begin();
    await using alice = await near('alice');
    await using bob = await far('bob');
    await using atBob = watchTyping(bob.followTyping(id), async (userId) => {
      // Carol's start may be told twice: as the current state, and as the change that just made it so.
      if (userId === 'alice') await alice.typeOverWebSocket(id, true);
    });
    await (await near('carol')).type(id, true);
    expect(await atBob.next()).toBe('carol types');
    await alice.typeOverWebSocket(id, true);
    expect(await atBob.next()).toBe('alice types');
    await (await near('dan')).type(id, true);
    expect(await atBob.next()).toBe('dan types');
    // Told in its time, and answered by the next one.
    await alice.typeOverWebSocket(id, true);
    expect(await atBob.next()).toBe('carol stops');
    expect(await atBob.next()).toBe('dan stops');
    // Really gone: whoever comes now is told of Alice only.
    await using carol = await far('carol');
    await using atCarol = watchTyping(carol.followTyping(id));
    expect(await atCarol.next()).toBe('alice types');
    await alice.typeOverWebSocket(id, false);
    expect(await atBob.next()).toBe('alice stops');
    expect(await atCarol.next()).toBe('alice stops');
  });

  it('starting and stopping in turns is not told each time', async () => {
    const { id, near, far } = await begin();
    await using alice = await near('alice');
    await using bob = await far('bob');
    await using atBob = watchTyping(bob.followTyping(id));
    await (await near('carol')).type(id, true);
    expect(await atBob.next()).toBe('carol types');
    for (let turn = 0; turn < 15; turn += 1) {
      await alice.typeOverWebSocket(id, true);
      await alice.typeOverWebSocket(id, false);
    }
    await (await near('carol')).type(id, false);
    const seen: string[] = [];
    while (seen.at(-1) !== 'carol stops') seen.push(await atBob.next());
    const starts = seen.filter((what) => what === 'alice types');
    expect(starts.length).toBeGreaterThan(0);
    expect(starts.length).toBeLessThan(15);
  });

  it('whoever subscribes is first told who is typing', async () => {
    const { id, near, far } = await begin();
    await using alice = await near('alice');
    await using bob = await far('bob');
    await using atBob = watchTyping(bob.followTyping(id));
    await alice.typeOverWebSocket(id, true);
    await (await near('dan')).type(id, true);
    expect([await atBob.next(), await atBob.next()].sort()).toEqual(['alice types', 'dan types']);
    await using carol = await far('carol');
    await using atCarol = watchTyping(carol.followTyping(id));
    expect([await atCarol.next(), await atCarol.next()].sort()).toEqual(['alice types', 'dan types']);
    await alice.typeOverWebSocket(id, false);
    expect(await atCarol.next()).toBe('alice stops');
  });
});
