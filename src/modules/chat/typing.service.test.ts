import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestRuntime, testViewer, type TestRuntime } from '../../../test/support/runtime.ts';
import { Session } from '../../auth/session.ts';
import { notFound } from '../../errors.ts';
import { createContext, type Context, type Runtime } from '../../schema/context.ts';
import { chatService, type ChatService } from './chat.service.ts';
import { conversationTopic } from './chat.topics.ts';
import type { MessageSent } from './messages.service.ts';
import type { TypingView } from './typing-queue.ts';
import { createTypingService } from './typing.service.ts';

let opened: TestRuntime | undefined;
beforeAll(async () => {
  opened = await openTestRuntime('postgresql');
});
afterAll(() => opened?.close());

const workspace = 'acme';
type ChatForTyping = Pick<ChatService, 'requireParticipant' | 'onMessageSent'>;

/** A conversation of Ada, Bob and Cy: the engine, the log and the users are real, its participants are told here. */
function setUp() {
  if (opened === undefined) throw new Error('The runtime is not open yet.');
  const { runtime: real } = opened;
  const conversationId = randomUUID();
  const participants = new Set(['ada', 'bob', 'cy']);
  const listeners = new Set<(sent: MessageSent) => void>();
  const chat: ChatForTyping = {
    async requireParticipant(viewer, id) {
      if (id !== conversationId || !participants.has(viewer.id)) throw notFound('conversation', id);
      return 'participant';
    },
    onMessageSent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const use: Runtime['use'] = (key) => (key.name === chatService.name ? (chat as never) : real.use(key));
  const runtime: Runtime = { ...real, use };
  const service = createTypingService(runtime);
  const verifier = { verify: () => Promise.reject(new Error('There are no tokens.')) };
  return {
    service,
    conversationId,
    /** Somebody on a connection of their own, which `close` closes. */
    person(id: string, expiresAt = new Date(Date.now() + 3_600_000)) {
      const closing = new Set<() => void>();
      const connection: Context['connection'] = {
        id: randomUUID(),
        onClosed(listener) {
          closing.add(listener);
          return () => closing.delete(listener);
        },
      };
      const viewer = testViewer(id, { workspace, name: id.toUpperCase(), expiresAt });
      const session = new Session({ transport: 'websocket', viewer, verifier });
      return {
        context: createContext(runtime, session, connection),
        close: () => closing.forEach((listener) => listener()),
      };
    },
    send: (userId: string) => listeners.forEach((tell) => tell({ workspace, conversationId, userId })),
    async remove(userId: string) {
      participants.delete(userId);
      const topic = conversationTopic(workspace, conversationId);
      await runtime.log.write(async (write) => {
        await write.take([topic]);
        write.append({ topic, kind: 'control', payload: { removed: [userId] } });
      });
    },
  };
}

async function next(views: AsyncIterator<TypingView>): Promise<string> {
  const result = await views.next();
  if (result.done === true) return 'over';
  const { user, isTyping, expiresInMs } = result.value;
  expect(expiresInMs === null).toBe(!isTyping);
  return `${user.name} ${isTyping ? 'types' : 'stops'}`;
}

test('tells participants who types and who stops, but not themselves', async () => {
  const { service, conversationId, person } = setUp();
  const [ada, bob] = [person('ada'), person('bob')];
  const seenByBob = await service.follow(bob.context, conversationId);
  const seenByAda = await service.follow(ada.context, conversationId);
  expect(await service.set(ada.context, conversationId, true)).toEqual({
    conversationId,
    user: { id: 'ada', name: 'ADA', avatarUrl: null },
    isTyping: true,
    expiresInMs: 6_000,
  });
  expect(await next(seenByBob)).toBe('ADA types');
  expect(await service.set(ada.context, conversationId, false)).toMatchObject({
    isTyping: false,
    expiresInMs: null,
  });
  expect(await next(seenByBob)).toBe('ADA stops');
  await service.set(bob.context, conversationId, true);
  expect(await next(seenByAda)).toBe('BOB types');
  await seenByAda.return?.();
  await seenByBob.return?.();
});

test('begins with whoever is typing already', async () => {
  const { service, conversationId, person } = setUp();
  await service.set(person('ada').context, conversationId, true);
  await service.set(person('bob').context, conversationId, true);
  const views = await service.follow(person('bob').context, conversationId);
  expect(await next(views)).toMatch(/^ada types$/i);
  await views.return?.();
});

test('ends when the message is sent, and when the connection that said it closes', async () => {
  const { service, conversationId, person, send } = setUp();
  const [ada, bob] = [person('ada'), person('bob')];
  const views = await service.follow(person('cy').context, conversationId);
  await service.set(ada.context, conversationId, true);
  expect(await next(views)).toBe('ADA types');
  send('ada');
  expect(await next(views)).toBe('ADA stops');
  await service.set(bob.context, conversationId, true);
  expect(await next(views)).toBe('BOB types');
  bob.close();
  expect(await next(views)).toBe('BOB stops');
  await views.return?.();
});

test('is for participants only: for others the conversation does not exist', async () => {
  const { service, conversationId, person } = setUp();
  const { context } = person('eve');
  const refused = { code: 'NOT_FOUND' };
  await expect(service.set(context, conversationId, true)).rejects.toMatchObject(refused);
  await expect(service.follow(context, conversationId)).rejects.toMatchObject(refused);
  await expect(service.follow(context, 'not an id')).rejects.toMatchObject(refused);
});

test('ends with FORBIDDEN for whoever is removed, and goes on for the others', async () => {
  const { service, conversationId, person, remove } = setUp();
  const removed = await service.follow(person('bob').context, conversationId);
  const staying = await service.follow(person('cy').context, conversationId);
  await remove('bob');
  await expect(next(removed)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await service.set(person('ada').context, conversationId, true);
  expect(await next(staying)).toBe('ADA types');
  await staying.return?.();
});

test('ends when the token expires', async () => {
  const { service, conversationId, person } = setUp();
  const views = await service.follow(person('bob', new Date(Date.now() - 1)).context, conversationId);
  await expect(next(views)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});
