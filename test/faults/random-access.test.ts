// Access given and taken, sessions revoked and events published in random interleavings, on two nodes, with Redis losing
// what one of them publishes and the other frozen now and then. Whoever lost their access is told nothing that was
// published after that was acknowledged; whoever has it is told everything, in order, once.
//
// Each run is played from its number. A failure names it: put it among the `seeds` to play it again.
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { createRandom } from '../../bench/audit/schedule.ts';
import {
  AnnouncementDocument,
  AnnouncementsDocument,
  GrantRoomAccessDocument,
  PublishAnnouncementDocument,
  PublishRoomEventDocument,
  RevokeRoomAccessDocument,
  RevokeSessionsDocument,
  RoomEventDocument,
  RoomEventsDocument,
} from '../../src/client/generated.ts';
import { asChatter, type Chatter } from '../support/chatter.ts';
import { connect, ResponseError, type Person } from '../support/client.ts';
import { useGatedNodes } from '../support/gated-nodes.ts';

const nodes = useGatedNodes({ RATE_MESSAGES: '100000' });
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, randomInt(1_000, 2 ** 31)];
const steps = 40;
const users = ['bob', 'carol', 'dave', 'erin'];
const room = 'team:1';

/** When something was asked for, and when that was acknowledged, in the milliseconds of this process. */
interface Span {
  readonly from: number;
  readonly to: number;
}
async function timed(work: () => Promise<unknown>): Promise<Span> {
  const from = performance.now();
  await work();
  return { from, to: performance.now() };
}

const streamNames = ['conversation', 'room', 'announcements'] as const;
type StreamName = (typeof streamNames)[number];

/** Events are numbered from 0 on, in the order of the log: one is published at a time. */
interface Stream {
  publish(number: number): Promise<unknown>;
  /** null: nobody's access to it can be taken, but with their session. */
  readonly access: { give(user: string): Promise<unknown>; take(user: string): Promise<unknown> } | null;
  /** A cursor of now. Rejects for whoever has no access. */
  cursorFor(person: Chatter): Promise<string>;
  follow(person: Chatter, after: string): () => Promise<{ readonly number: number; readonly cursor: string }>;
}

/** One subscription, from its cursor until it ends. */
interface Listening {
  readonly user: string;
  readonly stream: StreamName;
  /** From asking for the cursor until the subscription was sent. */
  readonly since: Span;
  /** It was seen to be live before anything else happened to its user. Else nobody can say when the server began with it. */
  wasLive: boolean;
  readonly heard: number[];
  /** The code that it ended with; `closed` where its connection was. */
  code: string | null;
  readonly ended: Promise<void>;
}

async function openStreams(backend: Person, alice: Chatter): Promise<Record<StreamName, Stream>> {
  const { id } = await alice.create({ participantIds: [] });
  return {
    conversation: {
      publish: (number) => alice.send(id, String(number)),
      access: { give: (user) => alice.add(id, user), take: (user) => alice.remove(id, user) },
      cursorFor: async (person) => (await person.read(id)).cursor,
      follow(person, after) {
        const events = person.followMessages(id, after);
        return async () => {
          const { message, cursor } = await events.next();
          return { number: Number(message.body), cursor };
        };
      },
    },
    room: {
      publish: (number) =>
        backend.request(PublishRoomEventDocument, { input: { room, name: String(number) } }),
      access: {
        give: (user) => backend.request(GrantRoomAccessDocument, { input: { room, userIds: [user] } }),
        take: (user) => backend.request(RevokeRoomAccessDocument, { input: { room, userIds: [user] } }),
      },
      cursorFor: async (person) => (await person.request(RoomEventsDocument, { room })).roomEvents.cursor,
      follow(person, after) {
        const events = person.subscribe(RoomEventDocument, { room, after });
        return async () => {
          const { name, cursor } = (await events.next()).roomEvent;
          return { number: Number(name), cursor };
        };
      },
    },
    announcements: {
      publish: (number) =>
        backend.request(PublishAnnouncementDocument, { input: { message: String(number) } }),
      access: null,
      cursorFor: async (person) => (await person.request(AnnouncementsDocument)).announcements.cursor,
      follow(person, after) {
        const events = person.subscribe(AnnouncementDocument, { after });
        return async () => {
          const { message, cursor } = (await events.next()).announcement;
          return { number: Number(message), cursor };
        };
      },
    },
  };
}

interface Run {
  readonly published: Readonly<Record<StreamName, readonly Span[]>>;
  readonly given: readonly (Span & { readonly user: string; readonly stream: StreamName })[];
  readonly taken: readonly (Span & { readonly user: string; readonly stream: StreamName })[];
  readonly signedOut: readonly (Span & { readonly user: string })[];
  readonly listenings: readonly Listening[];
}

/** What has happened, for whoever reads a failure. */
type Story = string[];

async function play(seed: number, story: Story): Promise<Run> {
  const random = createRandom(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const workspace = `random-${seed}`;
  const scope = 'rooms:manage rooms:publish announcements:publish sessions:revoke';
  const backend = await connect(nodes.near, 'backend', { workspace, scope });
  const alice = asChatter(await connect(nodes.near, 'alice', { workspace }));
  const streams = await openStreams(backend, alice);

  const people = new Map<string, { person: Chatter; readonly onFar: boolean }>();
  const arrive = async (user: string, onFar: boolean) => {
    const node = onFar ? nodes.far : nodes.near;
    people.set(user, { person: asChatter(await connect(node, user, { workspace })), onFar });
  };
  for (const [index, user] of users.entries()) await arrive(user, index % 2 === 0);
  const requirePerson = (user: string) => {
    const known = people.get(user);
    if (known === undefined) throw new Error(`Nobody is called ${user}.`);
    return known;
  };

  const published: Record<StreamName, Span[]> = { conversation: [], room: [], announcements: [] };
  const given: (Span & { user: string; stream: StreamName })[] = [];
  const taken: (Span & { user: string; stream: StreamName })[] = [];
  const signedOut: (Span & { user: string })[] = [];
  const listenings: Listening[] = [];
  const mayHear = new Set<string>();
  let isFrozen = false;

  /** One after the other, so that they are numbered as they come. */
  const publishing: Record<StreamName, Promise<unknown>> = {
    conversation: Promise.resolve(),
    room: Promise.resolve(),
    announcements: Promise.resolve(),
  };
  const publish = (name: StreamName) =>
    (publishing[name] = publishing[name].then(async () => {
      const number = published[name].length;
      published[name].push(await timed(() => streams[name].publish(number)));
    }));
  const follow = async (user: string, name: StreamName) => {
    const { person } = requirePerson(user);
    const from = performance.now();
    let after = await streams[name].cursorFor(person);
    let next = streams[name].follow(person, after);
    const heard: number[] = [];
    let hasHeard: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (hasHeard = resolve));
    const listen = async () => {
      for (;;) {
        try {
          const { number, cursor } = await next();
          heard.push(number);
          after = cursor;
          hasHeard();
        } catch (error) {
          const code = error instanceof ResponseError ? (error.code ?? 'none') : 'closed';
          if (code !== 'UNAVAILABLE') {
            listening.code = code;
            return;
          }
          // A node that has just thawed looks for Redis first: it says so, and clients try again where they were.
          listening.wasLive = false;
          next = streams[name].follow(person, after);
        }
      }
    };
    const listening: Listening = {
      user,
      stream: name,
      since: { from, to: performance.now() },
      wasLive: random() < 0.5,
      heard,
      code: null,
      ended: Promise.resolve().then(listen),
    };
    listenings.push(listening);
    if (!listening.wasLive) return;
    await publish(name);
    await Promise.race([first, listening.ended]);
  };
  const give = async (user: string, name: StreamName) => {
    given.push({ user, stream: name, ...(await timed(async () => streams[name].access?.give(user))) });
    mayHear.add(`${name} ${user}`);
    if (!(isFrozen && requirePerson(user).onFar)) await follow(user, name);
  };
  const take = async (user: string, name: StreamName) => {
    mayHear.delete(`${name} ${user}`);
    taken.push({ user, stream: name, ...(await timed(async () => streams[name].access?.take(user))) });
  };
  const signOut = async (user: string) => {
    signedOut.push({
      user,
      ...(await timed(() => backend.request(RevokeSessionsDocument, { userId: user }))),
    });
    const { onFar } = requirePerson(user);
    await arrive(user, onFar);
    if (!(isFrozen && onFar)) await follow(user, 'announcements');
  };

  // Some of them are there when it begins.
  for (const user of users) {
    await follow(user, 'announcements');
    for (const name of ['conversation', 'room'] as const) if (random() < 0.6) await give(user, name);
  }

  const tell = (what: string) => void story.push(what);
  /** What a step does beside publishing; nobody and no stream is in two of them. */
  const change = async (user: string, name: StreamName) => {
    if (name === 'announcements') {
      if (random() > 0.15) return;
      tell(`the sessions of ${user} are revoked`);
      return signOut(user);
    }
    if (mayHear.has(`${name} ${user}`)) {
      tell(`${user} is taken out of the ${name}`);
      return take(user, name);
    }
    tell(`${user} is let into the ${name}`);
    return give(user, name);
  };

  try {
    for (let step = 0; step < steps; step += 1) {
      if (random() < 0.15) {
        nodes.gate.dropping = !nodes.gate.dropping;
        tell(nodes.gate.dropping ? 'Redis loses what is published' : 'Redis loses nothing');
      }
      if (random() < 0.1) {
        isFrozen = !isFrozen;
        nodes.far.process.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
        tell(isFrozen ? 'a node freezes' : 'it thaws');
      }
      const work: Promise<unknown>[] = [];
      for (const name of streamNames) if (random() < 0.7) work.push(publish(name));
      const busy = pick(users);
      work.push(change(busy, pick(streamNames)));
      const other = pick(users);
      if (other !== busy && random() < 0.5) work.push(change(other, pick(streamNames)));
      await Promise.all(work);
    }
  } finally {
    nodes.gate.dropping = false;
    if (isFrozen) nodes.far.process.kill('SIGCONT');
  }
  // The last ones are for whoever still listens: they arrive behind everything else.
  for (const name of streamNames) await publish(name);
  return { published, given, taken, signedOut, listenings };
}

/** What took the access of this subscription away if it began then, what was acknowledged first before the others. */
function endsOf({ taken, signedOut }: Run, { user, stream }: Listening, begun: number) {
  const ends = [
    ...taken
      .filter((span) => span.user === user && span.stream === stream)
      .map((span) => ({ ...span, code: 'FORBIDDEN' })),
    ...signedOut.filter((span) => span.user === user).map((span) => ({ ...span, code: 'closed' })),
  ];
  return ends.filter(({ to }) => to > begun).sort((a, b) => a.to - b.to);
}

/** What is wrong with what it has heard, if it began then. */
function problemOf(run: Run, listening: Listening, begun: number): string | null {
  const { stream, since, heard, code } = listening;
  const spans = run.published[stream];
  const owedFrom = (before: number) =>
    spans.flatMap(({ from, to }, number) => (from > since.to && to < before ? [number] : []));
  const ends = endsOf(run, listening, begun);
  const [end] = ends;
  if (end === undefined) {
    if (code !== null) return `it ended with ${code}`;
    const missed = owedFrom(Infinity).filter((number) => !heard.includes(number));
    return missed.length === 0 ? null : `it has not heard ${missed.join()}`;
  }
  const tooLate = heard.filter((number) => (spans[number]?.from ?? Infinity) > end.to);
  if (tooLate.length > 0) return `it has heard ${tooLate.join()} after its access had ended`;
  // The end of the access may have overtaken the subscription.
  if (code === 'NOT_FOUND' && heard.length === 0 && !listening.wasLive) return null;
  if (!ends.some((one) => one.code === code)) return `it ended with ${code}`;
  // A connection that is closed may not have read yet what was on its way.
  if (code !== 'FORBIDDEN') return null;
  const missed = owedFrom(end.from).filter((number) => !heard.includes(number));
  return missed.length === 0 ? null : `it has not heard ${missed.join()}, from before its access ended`;
}

test.each(seeds)(
  'run %i: nobody is told what came after their access had ended, and everybody else everything',
  // Revoked sessions wait for a frozen node until its lease has lapsed.
  { timeout: 180_000 },
  async (seed) => {
    const story: Story = [];
    const run = await play(seed, story);
    expect(run.taken.length).toBeGreaterThan(3);
    for (const listening of run.listenings) {
      const { user, stream, heard, since, wasLive } = listening;
      const last = run.published[stream].length - 1;
      const who = `${user} in ${stream}, since ${since.from}, of run ${seed}:\n${story.join('\n')}`;
      const isOver = () => listening.code !== null || heard.at(-1) === last;
      await expect.poll(isOver, { timeout: 30_000, message: who }).toBe(true);

      // In order, nothing twice, nothing left out, nothing from before its cursor.
      const [first = last + 1] = heard;
      expect(heard, who).toEqual(heard.map((_, index) => first + index));
      const beforeCursor = run.published[stream].filter(({ to }) => to < since.from).length;
      expect(first, who).toBeGreaterThanOrEqual(beforeCursor);

      // One that was not seen to be live may have begun after its user was let in again: with all that came before.
      const later = run.given.filter((span) => span.user === user && span.stream === stream);
      const begun = [since.from, ...(wasLive ? [] : later.map(({ from }) => from))];
      const problems = begun
        .filter((moment) => moment >= since.from)
        .map((moment) => problemOf(run, listening, moment));
      expect(problems, who).toContain(null);
    }
  },
);
