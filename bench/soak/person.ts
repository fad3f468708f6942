// Somebody who comes and goes: connects, follows a few things, says something, and leaves in one of the ways in which people leave.
import { WebSocket } from 'ws';
import { signDevelopmentToken } from '../../src/auth/development.ts';

export interface Stage {
  /** Whichever node. */
  url(): string;
  readonly workspace: string;
  /** From 0 up to, and without, `below`. */
  random(below: number): number;
  note(what: string): void;
}

const people = 200;
const orders = 200;

interface Words {
  readonly query: string;
  readonly variables?: object;
}

/** With variables, as clients ask: texts that are all different would only fill the documents that are kept. */
const follow = (stage: Stage, user: string): readonly Words[] => {
  const variables = {
    orderId: `soak-${stage.random(orders)}`,
    userIds: [`person-${stage.random(people)}`, user],
    room: `public:${stage.random(20)}`,
  };
  const texts = [
    'subscription ($orderId: ID) { orderUpdated(orderId: $orderId) { cursor note } }',
    'subscription { orderUpdated { cursor note } }',
    'subscription { notification { cursor } }',
    'subscription { conversationUpdated { cursor } }',
    'subscription { announcement { cursor message } }',
    'subscription ($userIds: [ID!]) { presenceChanged(userIds: $userIds) { status } }',
    'subscription ($room: ID!) { roomPresence(room: $room, join: true) { __typename } }',
    'subscription ($room: ID!) { roomEvent(room: $room) { cursor } }',
  ];
  return texts.map((query) => ({ query, variables }));
};
const say = [
  'mutation { setPresence(input: { status: BUSY }) { status } }',
  '{ orders(first: 5) { nodes { id status } } }',
  '{ onlineUsers(first: 20) { totalCount } }',
  '{ nothing { like this } }',
];

/** One visit. Resolves when they are gone. */
export async function visit(stage: Stage): Promise<void> {
  const user = `person-${stage.random(people)}`;
  // Now and then one that expires while they are here.
  const expiresIn = stage.random(20) === 0 ? 5 : 600;
  const token = await signDevelopmentToken({ user, workspace: stage.workspace, expiresIn });
  const socket = new WebSocket(`${stage.url().replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const send = (message: object): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  };
  let operations = 0;
  const begin = (words: Words): string => {
    const id = String((operations += 1));
    send({ type: 'subscribe', id, payload: words });
    return id;
  };
  const timers: NodeJS.Timeout[] = [];
  const later = (ms: number, work: () => void): void => void timers.push(setTimeout(work, ms));

  const stay = (): void => {
    const wanted = follow(stage, user).filter(() => stage.random(2) === 0);
    for (const words of wanted) {
      const id = begin(words);
      if (stage.random(3) === 0) later(stage.random(4_000), () => send({ type: 'complete', id }));
    }
    for (const query of say)
      if (stage.random(3) === 0) later(stage.random(6_000), () => void begin({ query }));
    later(1_000 + stage.random(9_000), () => {
      const way = stage.random(4);
      if (way === 0) socket.terminate();
      else if (way === 1) socket.close(1001);
      else socket.close(1000);
    });
  };
  await new Promise<void>((gone) => {
    socket.on('error', () => stage.note('a connection failed'));
    socket.on('open', () => send({ type: 'connection_init', payload: { token } }));
    socket.on('message', (bytes: Buffer) => {
      const text = bytes.toString();
      if (text.includes('"INTERNAL"')) stage.note(`INTERNAL: ${text}`);
      if (text.includes('connection_ack')) stay();
    });
    socket.on('close', (code) => {
      timers.forEach(clearTimeout);
      stage.note(`closed with ${code}`);
      gone();
    });
  });
}
