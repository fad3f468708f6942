// One audit: nodes on Redis and PostgreSQL, publishers, subscribers, and a schedule of faults; then the books.
import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { createDatabase, startPostgres } from '../../test/support/postgres.ts';
import { startRedis } from '../../test/support/redis.ts';
import { commit, type Scene } from './faults.ts';
import { startCrowd, type Crowd } from './crowd.ts';
import { Ledger, tally, type Incident, type Tally } from './ledger.ts';
import { createNode, isUp, type AuditNode } from './nodes.ts';
import { ask, createPublisher, type Publisher, type PublisherOptions } from './publisher.ts';
import { createRandom, createSchedule, faultKinds, type FaultKind, type ScheduledFault } from './schedule.ts';
import {
  chatSource,
  followConversation,
  followOrder,
  followOrdersOf,
  orderSource,
  type Followed,
  type Source,
} from './sources.ts';
import { startSubscriber, type Subscriber } from './subscriber.ts';

export interface AuditOptions {
  readonly seed: number;
  /** How long faults are committed, but every kind once; setting up and settling come on top. */
  readonly seconds: number;
  readonly nodes: number;
  readonly subscribers: number;
  readonly kinds?: readonly FaultKind[];
  /** For the nodes; to break the healing on purpose. */
  readonly env?: Readonly<Record<string, string>>;
  /** What has not arrived so long after a fault is lost; a minute unless given. */
  readonly settleMs?: number;
  readonly log?: (line: string) => void;
}

export interface FaultReport extends Tally {
  readonly kind: FaultKind;
  readonly times: number;
  /** Acknowledged from the beginning of the fault until everybody had what was acknowledged by its end. */
  readonly acknowledged: number;
  readonly deliveries: number;
  /** From the end of the fault until then, in milliseconds; null where it never healed. */
  readonly longestHealingMs: number | null;
}

export interface AuditReport extends Tally {
  readonly acknowledged: number;
  /** Owed to all subscribers together. */
  readonly expected: number;
  readonly faults: readonly FaultReport[];
  /** What the servers refused, and should not have. */
  readonly refusals: readonly string[];
  readonly incidents: readonly Incident[];
  /** The first lines that nodes logged as errors. */
  readonly logged: readonly string[];
}

const workspace = 'audit';
const counts = { steady: 16, bursts: 6, last: 18, customers: 10, conversations: 10 };
/** Streams that one connection to each node follows: more than a thousand. */
const crowdSize = 1_100;
const aMinute = 60_000;

export async function runAudit(options: AuditOptions): Promise<AuditReport> {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres({ fsync: true })]);
  const nodes: AuditNode[] = [];
  try {
    const databaseUrl = await createDatabase(postgres.url);
    const identity = createIdentity();
    const env = { ...identity.env, ...options.env };
    for (let index = 0; index < options.nodes; index += 1) {
      nodes.push(await createNode({ redisPort: redis.port, databaseUrl, env }));
    }
    await Promise.all(nodes.map((node) => node.start()));
    return await auditOn({ nodes, redis, postgres }, identity, options);
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
    await Promise.all([redis[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()]);
  }
}

async function auditOn(
  ground: Pick<Scene, 'nodes' | 'redis' | 'postgres'>,
  identity: Identity,
  options: AuditOptions,
): Promise<AuditReport> {
  const { log = () => undefined } = options;
  const { nodes } = ground;
  const ledger = new Ledger(() => performance.now());
  const refusals: string[] = [];
  const shared = { nodes, ledger, onRefused: (refusal: string) => void refusals.push(refusal) };

  const sources = await prepareSources(nodes, identity);
  const publishers = await preparePublishers(sources, shared, identity);
  log(`${nodes.length} nodes, ${sources.all.length} sources; seed ${options.seed}`);
  const subscribers = await openSubscribers(options.subscribers, sources, shared, identity);
  const crowds = await openCrowds(sources, shared, identity);
  log(`${subscribers.length} subscribers follow, and ${crowds.length} of ${crowdSize} streams each`);

  const publishing = startPublishing(publishers, createRandom(options.seed + 1));
  const scene: Scene = {
    ...ground,
    subscribers,
    publishRare: () => publishers.last.forEach((publisher) => void publisher.next()),
    rareAcknowledged: async () =>
      void (await Promise.all(publishers.last.map(({ acknowledged }) => acknowledged))),
  };
  const windows = await commitFaults(options, scene, ledger);
  await publishing.stop();
  await reached(ledger, ledger.mark(), options.settleMs ?? aMinute);
  await Promise.all([...subscribers, ...crowds].map((subscriber) => subscriber.stop()));
  const incidents = ledger.close();
  return {
    ...tally(incidents),
    acknowledged: ledger.acknowledgements,
    expected: ledger.expected,
    faults: toFaultReports(windows, incidents),
    refusals,
    incidents,
    logged: nodes.flatMap((node) => node.output().split('\n')).filter((line) => /"level":[56]0/.test(line)),
  };
}

interface Identity {
  readonly env: Readonly<Record<string, string>>;
  token(user: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

function createIdentity(): Identity {
  const secret = randomBytes(32).toString('hex');
  const issuer = 'https://audit.invalid';
  return {
    env: { JWT_SECRET: secret, JWT_ISSUER: issuer, JWT_AUDIENCE: 'tidings' },
    token: (user, claims = {}) =>
      new SignJWT({ workspace, ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(user)
        .setIssuer(issuer)
        .setAudience('tidings')
        .setIssuedAt()
        .setExpirationTime('1d')
        .sign(new TextEncoder().encode(secret)),
  };
}

interface Sources {
  readonly steady: readonly Source[];
  readonly bursts: readonly Source[];
  /** Silent but for one event with each fault. */
  readonly last: readonly Source[];
  readonly all: readonly Source[];
  readonly followed: readonly Followed[];
  /** Quiet ones, of which one after the other gets an event. */
  readonly crowd: readonly Source[];
}

async function prepareSources(nodes: readonly AuditNode[], identity: Identity): Promise<Sources> {
  const customerOf = (index: number): string => `customer-${index % counts.customers}`;
  const orders = (kind: string, count: number) =>
    Array.from({ length: count }, (_, index) =>
      // The crowd's customers are followed by nobody else.
      orderSource(`${kind}-${index}`, kind === 'crowd' ? `${kind}-${index}` : customerOf(index)),
    );
  const participant = (index: number): string => `participant-${index}`;
  const conversationIds = await Promise.all(
    Array.from({ length: counts.conversations }, (_, index) =>
      createConversation(nodes, identity, `writer-${index}`, participant(index)),
    ),
  );
  const chats = conversationIds.map((id, index) => chatSource(id, `writer-${index}`));
  const last = orders('last', counts.last);
  const steady = [...orders('steady', counts.steady), ...chats];
  const bursts = orders('burst', counts.bursts);
  const ofOrders = [...last, ...steady.slice(0, counts.steady), ...bursts].map(({ id }) => followOrder(id));
  const ofCustomers = Array.from({ length: counts.customers }, (_, index) =>
    followOrdersOf(customerOf(index)),
  );
  const ofChats = conversationIds.map((id, index) => followConversation(id, participant(index)));
  return {
    steady,
    bursts,
    last,
    all: [...steady, ...bursts, ...last],
    crowd: orders('crowd', crowdSize),
    // Half of the subscribers follow orders, a quarter each collections and conversations.
    followed: interleave([ofOrders, ofOrders, ofCustomers, ofChats]),
  };
}

/** One of each list in turn, the short ones again and again, until the longest is through twice. */
function interleave<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const rounds = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) =>
    lists.flatMap((list, place) => {
      // The second of two same lists goes the other way, so that both are covered.
      const index = place === 1 ? list.length - 1 - (round % list.length) : round % list.length;
      const item = list[index];
      return item === undefined ? [] : [item];
    }),
  ).flat();
}

async function createConversation(
  nodes: readonly AuditNode[],
  identity: Identity,
  writer: string,
  participant: string,
): Promise<string> {
  const node = nodes.find(isUp);
  if (node === undefined) throw new Error('No node is there.');
  let id = '';
  const refusal = await ask<{ createConversation: { conversation: { id: string } } }>(
    node.url,
    await identity.token(writer),
    {
      query:
        'mutation ($ids: [ID!]!) { createConversation(input: { participantIds: $ids }) { conversation { id } } }',
      variables: { ids: [participant] },
    },
    (data) => ({ id } = data.createConversation.conversation),
  );
  if (refusal !== null) throw new Error(`The conversation could not be made: ${refusal}`);
  return id;
}

interface Publishers {
  readonly crowd: readonly Publisher[];
  readonly steady: readonly Publisher[];
  readonly bursts: readonly Publisher[];
  readonly last: readonly Publisher[];
}

type Shared = Pick<PublisherOptions, 'nodes' | 'ledger' | 'onRefused'>;

/** Every source has its first event when this resolves: what does not exist can't be followed. */
async function preparePublishers(sources: Sources, shared: Shared, identity: Identity): Promise<Publishers> {
  const create = (some: readonly Source[]) =>
    Promise.all(
      some.map(async (source) => {
        const token = await identity.token(source.publisher, { scope: 'orders:publish' });
        const publisher = createPublisher({ ...shared, source, token });
        await publisher.next();
        return publisher;
      }),
    );
  const { steady, bursts, last } = sources;
  const crowd: Publisher[] = [];
  for (let start = 0; start < sources.crowd.length; start += 50) {
    crowd.push(...(await create(sources.crowd.slice(start, start + 50))));
  }
  return {
    crowd,
    steady: await create(steady),
    bursts: await create(bursts),
    last: await create(last),
  };
}

async function openSubscribers(
  count: number,
  { followed }: Sources,
  shared: Shared,
  identity: Identity,
): Promise<readonly Subscriber[]> {
  const subscribers: Subscriber[] = [];
  for (let index = 0; index < count; index += 1) {
    const what = followed[index % followed.length];
    if (what === undefined) throw new Error('There is nothing to follow.');
    const token = await identity.token(what.viewer, what.staff ? { roles: ['staff'] } : {});
    subscribers.push(startSubscriber({ ...shared, id: `subscriber-${index}`, followed: what, token }));
    // Not all at once: this is about resuming, not about the start.
    if (index % 50 === 49) await Promise.all(subscribers.slice(-50).map(({ following }) => following));
  }
  await Promise.all(subscribers.map(({ following }) => following));
  return subscribers;
}

async function openCrowds(sources: Sources, shared: Shared, identity: Identity): Promise<readonly Crowd[]> {
  const token = await identity.token('staff', { roles: ['staff'] });
  const followed = sources.crowd.map(({ id }) => followOrder(id));
  const crowds = shared.nodes.map((node, index) =>
    startCrowd({ ...shared, id: `crowd-${index}`, node, followed, token }),
  );
  await Promise.all(crowds.map(({ following }) => following));
  return crowds;
}

/** Steady ones every second, bursts of 15 with silence between them. */
function startPublishing({ steady, bursts, last, crowd }: Publishers, random: () => number) {
  let stopped = false;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const keepUp = async (publisher: Pick<Publisher, 'next'>, size: number, pauseMs: number): Promise<void> => {
    while (!stopped) {
      await pause(pauseMs * (0.5 + random()));
      for (let count = 0; count < size && !stopped; count += 1) await publisher.next();
    }
  };
  const running = [
    ...steady.map((publisher) => keepUp(publisher, 1, 1_000)),
    ...bursts.map((publisher) => keepUp(publisher, 15, 6_000)),
    keepUp({ next: async () => crowd[Math.floor(random() * crowd.length)]?.next() }, 1, 300),
  ];
  return {
    async stop() {
      stopped = true;
      await Promise.all([...steady, ...bursts, ...last, ...crowd].map((publisher) => publisher.stop()));
      await Promise.all(running);
    },
  };
}

interface Window {
  readonly kind: FaultKind;
  readonly from: number;
  readonly to: number;
  readonly acknowledged: number;
  readonly deliveries: number;
  readonly healingMs: number | null;
}

async function commitFaults(
  { seed, seconds, kinds = faultKinds, settleMs = aMinute, log = () => undefined }: AuditOptions,
  scene: Scene,
  ledger: Ledger,
): Promise<readonly Window[]> {
  const windows: Promise<Window>[] = [];
  const until = performance.now() + seconds * 1_000;
  let committed: Promise<void> = Promise.resolve();
  const play = async (fault: ScheduledFault): Promise<Window> => {
    const [from, acknowledged, deliveries] = [performance.now(), ledger.acknowledgements, ledger.deliveries];
    // Two faults never break at once what each of them ends: the next begins when this one has, healed or not.
    committed = commit(fault, scene);
    await committed;
    const ended = performance.now();
    await scene.rareAcknowledged();
    const healed = await reached(ledger, ledger.mark(), settleMs);
    const healingMs = healed ? performance.now() - ended : null;
    log(`${fault.kind}: ${healingMs === null ? 'NOT healed' : `healed after ${Math.round(healingMs)} ms`}`);
    return {
      kind: fault.kind,
      from,
      to: performance.now(),
      acknowledged: ledger.acknowledgements - acknowledged,
      deliveries: ledger.deliveries - deliveries,
      healingMs,
    };
  };
  for (const fault of createSchedule(seed, kinds)) {
    await new Promise((resolve) => setTimeout(resolve, fault.pauseMs));
    await committed;
    if (!fault.overlaps) await Promise.all(windows);
    if (performance.now() > until && windows.length >= kinds.length) break;
    const window = play(fault);
    window.catch(() => undefined); // awaited below
    windows.push(window);
  }
  return Promise.all(windows);
}

async function reached(ledger: Ledger, mark: ReadonlyMap<string, number>, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!ledger.reached(mark)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

function toFaultReports(windows: readonly Window[], incidents: readonly Incident[]): readonly FaultReport[] {
  return faultKinds
    .map((kind) => ({ kind, own: windows.filter((window) => window.kind === kind) }))
    .filter(({ own }) => own.length > 0)
    .map(({ kind, own }) => {
      const during = incidents.filter(({ at }) => own.some(({ from, to }) => at >= from && at <= to));
      const healings = own.map(({ healingMs }) => healingMs);
      const sum = (pick: (window: Window) => number) =>
        own.reduce((total, window) => total + pick(window), 0);
      return {
        kind,
        times: own.length,
        acknowledged: sum(({ acknowledged }) => acknowledged),
        deliveries: sum(({ deliveries }) => deliveries),
        ...tally(during),
        longestHealingMs: healings.includes(null) ? null : Math.max(...healings.map((ms) => ms ?? 0)),
      };
    });
}
