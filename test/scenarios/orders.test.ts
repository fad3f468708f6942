// An order's life, as its customer, the staff and the shop's backend see it.
import { expect, it } from 'vitest';
import { ResponseError } from '../support/client.ts';
import { onBothSetups } from '../support/setups.ts';

const publish = /* GraphQL */ `
  mutation ($input: PublishOrderUpdateInput!) {
    publishOrderUpdate(input: $input) {
      deduplicated
      update {
        cursor
        previousStatus
        note
        order {
          id
          status
          total {
            amount
            currency
          }
          cursor
        }
      }
    }
  }
`;
const follow = /* GraphQL */ `
  subscription ($orderId: ID, $after: Cursor) {
    orderUpdated(orderId: $orderId, after: $after) {
      cursor
      previousStatus
      note
      order {
        id
        status
        customer {
          id
          name
        }
        timeline {
          status
        }
        data
      }
    }
  }
`;
const readOrder = 'query ($id: ID!) { order(id: $id) { id status cursor timeline { status note } } }';
const readOrders =
  'query ($first: Int, $after: String) { orders(first: $first, after: $after) { nodes { id } cursor pageInfo { hasNextPage endCursor } } }';

interface Published {
  publishOrderUpdate: {
    deduplicated: boolean;
    update: {
      cursor: string;
      previousStatus: string | null;
      order: { id: string; status: string; cursor: string };
    };
  };
}
interface Updated {
  orderUpdated: {
    cursor: string;
    previousStatus: string | null;
    note: string | null;
    order: { id: string; status: string };
  };
}

const seen = ({ orderUpdated: { order, previousStatus } }: Updated) => [
  order.id,
  previousStatus,
  order.status,
];

onBothSetups('orders', (stage) => {
  const backend = async () => {
    const workspace = stage.newWorkspace();
    const shop = await stage.writer('shop', { workspace, scope: 'orders:publish' });
    const update = (input: object) => shop.request<Published>(publish, { input });
    return { workspace, update };
  };

  it('the customer follows an order from its cursor: what happened in between, then live', async () => {
    const { workspace, update } = await backend();
    await update({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    await using alice = await stage.listener('alice', { workspace });
    const { order } = await alice.request<{ order: { cursor: string } }>(readOrder, { id: '42' });
    await update({ orderId: '42', status: 'CONFIRMED', note: 'paid' });
    await update({ orderId: '42', status: 'SHIPPED' });

    await using updates = alice.subscribe<Updated>(follow, { orderId: '42', after: order.cursor });
    expect(seen(await updates.next())).toEqual(['42', 'PENDING', 'CONFIRMED']);
    expect(seen(await updates.next())).toEqual(['42', 'CONFIRMED', 'SHIPPED']);
    await update({ orderId: '42', status: 'DELIVERED' });
    expect(seen(await updates.next())).toEqual(['42', 'SHIPPED', 'DELIVERED']);
  });

  it('without an orderId the customer hears of every order of theirs, new ones included, and of nobody else’s', async () => {
    const { workspace, update } = await backend();
    await using alice = await stage.listener('alice', { workspace });
    const { orders } = await alice.request<{ orders: { cursor: string } }>(readOrders);
    await using updates = alice.subscribe<Updated>(follow, { after: orders.cursor });
    await update({ orderId: 'of-bob', customerId: 'bob', status: 'PENDING' });
    await update({ orderId: 'first', customerId: 'alice', status: 'PENDING' });
    await update({ orderId: 'second', customerId: 'alice', status: 'PENDING' });
    await update({ orderId: 'first', status: 'SHIPPED' });
    expect(seen(await updates.next())).toEqual(['first', null, 'PENDING']);
    expect(seen(await updates.next())).toEqual(['second', null, 'PENDING']);
    expect(seen(await updates.next())).toEqual(['first', 'PENDING', 'SHIPPED']);
  });

  it('many updates at once arrive in order, each exactly once, from the log and live', async () => {
    const { workspace, update } = await backend();
    await update({ orderId: '7', customerId: 'alice', status: 'PENDING', note: '0' });
    await using alice = await stage.listener('alice', { workspace });
    const { order } = await alice.request<{ order: { cursor: string } }>(readOrder, { id: '7' });
    const burst = (from: number) =>
      Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          update({ orderId: '7', status: 'PROCESSING', note: `${from + index}` }),
        ),
      );
    await burst(1);
    await using updates = alice.subscribe<Updated>(follow, { orderId: '7', after: order.cursor });
    await burst(41);
    const notes: string[] = [];
    const cursors = new Set<string>();
    for (let count = 0; count < 80; count += 1) {
      const { orderUpdated } = await updates.next();
      notes.push(orderUpdated.note ?? '');
      cursors.add(orderUpdated.cursor);
    }
    expect(new Set(notes).size).toBe(80);
    expect(notes.slice(0, 40).every((note) => Number(note) <= 40)).toBe(true);
    expect(cursors.size).toBe(80);

    // The same stream read again from the log is the same, event for event.
    await using replay = alice.subscribe<Updated>(follow, { orderId: '7', after: order.cursor });
    for (const note of notes) expect((await replay.next()).orderUpdated.note).toBe(note);
  });

  it('staff follow anybody’s order; to others it does not exist', async () => {
    const { workspace, update } = await backend();
    await update({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    await using dan = await stage.listener('dan', { workspace, roles: ['staff'] });
    await using bob = await stage.listener('bob', { workspace });
    const { order } = await dan.request<{ order: { cursor: string } }>(readOrder, { id: '42' });
    await using updates = dan.subscribe<Updated>(follow, { orderId: '42', after: order.cursor });
    await update({ orderId: '42', status: 'SHIPPED' });
    expect(seen(await updates.next())).toEqual(['42', 'PENDING', 'SHIPPED']);

    expect(await bob.request(readOrder, { id: '42' })).toEqual({ order: null });
    const refused = await failure(bob.subscribe(follow, { orderId: '42' }).next());
    const unknown = await failure(bob.subscribe(follow, { orderId: '43' }).next());
    expect(refused.code).toBe('NOT_FOUND');
    expect(refused.errors[0]?.message.replace('42', '43')).toBe(unknown.errors[0]?.message);
  });

  it('the same order id in another workspace is another order', async () => {
    const here = await backend();
    const there = await backend();
    await here.update({ orderId: '42', customerId: 'alice', status: 'PENDING' });
    await there.update({ orderId: '42', customerId: 'alice', status: 'DELIVERED' });
    await using alice = await stage.listener('alice', { workspace: here.workspace });
    expect(await alice.request(readOrder, { id: '42' })).toMatchObject({ order: { status: 'PENDING' } });
    await using outsider = await stage.listener('dan', { workspace: stage.newWorkspace(), roles: ['staff'] });
    expect(await outsider.request(readOrder, { id: '42' })).toEqual({ order: null });
  });

  it('publishing asks for its scope', async () => {
    const workspace = stage.newWorkspace();
    await using mallory = await stage.writer('mallory', { workspace, scope: 'notifications:send' });
    const refused = await failure(
      mallory.request(publish, { input: { orderId: '1', customerId: 'mallory', status: 'DELIVERED' } }),
    );
    expect(refused.code).toBe('FORBIDDEN');
    expect(await mallory.request(readOrder, { id: '1' })).toEqual({ order: null });
  });

  it('a retried publish with its key publishes once, also when both are under way together', async () => {
    const { update } = await backend();
    const input = { orderId: '42', customerId: 'alice', status: 'PENDING', idempotencyKey: 'k-1' };
    const answers = await Promise.all([update(input), update(input), update(input)]);
    expect(answers.map((answer) => answer.publishOrderUpdate.deduplicated).sort()).toEqual([
      false,
      true,
      true,
    ]);
    expect(new Set(answers.map((answer) => answer.publishOrderUpdate.update.cursor)).size).toBe(1);
    const other = await failure(update({ ...input, status: 'SHIPPED' }));
    expect(other.code).toBe('CONFLICT');
    expect(other.errors[0]?.message).toContain('Use a new key');
    const next = await update({ orderId: '42', status: 'CONFIRMED' });
    expect(next.publishOrderUpdate.update.previousStatus).toBe('PENDING');
  });

  it('pages of orders are complete and don’t overlap', async () => {
    const { workspace, update } = await backend();
    for (const orderId of ['a', 'b', 'c', 'd', 'e'])
      await update({ orderId, customerId: 'alice', status: 'PENDING' });
    await using alice = await stage.listener('alice', { workspace });
    type Orders = {
      orders: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    };
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const page: Orders = await alice.request<Orders>(readOrders, { first: 2, after });
      ids.push(...page.orders.nodes.map((order) => order.id));
      after = page.orders.pageInfo.hasNextPage ? page.orders.pageInfo.endCursor : null;
    } while (after !== null);
    expect(ids).toEqual(['e', 'd', 'c', 'b', 'a']);
  });
});

async function failure(promise: Promise<unknown>): Promise<ResponseError> {
  const error: unknown = await promise.then(
    () => new Error('It succeeded.'),
    (reason: unknown) => reason,
  );
  if (error instanceof ResponseError) return error;
  throw error;
}
