// What has come to this node's door and what became of it, since it began: plain counters, read by metrics/. Their keys are
// known beforehand; none of them is what a client wrote.
import { getOperationAST, OperationTypeNode, type ExecutionArgs } from 'graphql';
import { errorKinds, type ErrorCode } from '../errors.ts';
import { LatencyHistogram } from '../schema/latency-histogram.ts';
import { closeCodes, protocolReasons } from './close-codes.ts';

/** Why a connection was not opened, or closed before it was acknowledged. */
export const refusals = [
  /** WebSockets are not served there. */
  'path',
  'origin',
  /** There was none, or it did not count. */
  'token',
  /** connection_init did not come in time. */
  'late',
  /** What the decision needs is away. */
  'unavailable',
  /** As many are open as there may be: on this node, */
  'node',
  /** of that address, */
  'address',
  /** of that user. */
  'user',
  /** The node is about to end. */
  'draining',
  /** An error of the server's own. */
  'error',
] as const;
export type Refusal = (typeof refusals)[number];

export const transports = ['websocket', 'sse'] as const;
export type Transport = (typeof transports)[number];

/** Beside ours those of the WebSocket protocol; 1005 where the client gave none, 1006 where it broke off. */
const standardCodes = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009];
const knownCodes: ReadonlySet<string> = new Set(
  [...standardCodes, ...Object.values(closeCodes), ...Object.keys(protocolReasons)].map(String),
);

type Outcome = 'ok' | 'failed';

const zeros = <K extends string>(keys: Iterable<K>): Record<K, number> =>
  Object.fromEntries([...keys].map((key) => [key, 0])) as Record<K, number>;
const outcomes = (): Record<Outcome, number> => ({ ok: 0, failed: 0 });

export class TransportFigures {
  readonly opened = zeros(transports);
  readonly refused = zeros(refusals);
  /** WebSockets, by the code that they were closed with. */
  readonly closed = zeros([...knownCodes, 'other']);
  /** Whose client had stopped reading. `http` is any answer, a stream or not. */
  readonly stuck = zeros(['websocket', 'http']);
  /** Errors that were told to clients, by code. */
  readonly errors = zeros(Object.keys(errorKinds) as ErrorCode[]);
  /** `operations` are those that one connection has under way; the others are kinds of mutations. */
  readonly rateLimited = zeros(['message', 'typing', 'presence', 'publish', 'operations']);
  /** That were carried out, and subscriptions that were opened or could not be. */
  readonly operations = { query: outcomes(), mutation: outcomes(), subscription: outcomes() };
  readonly durations = { query: new LatencyHistogram(), mutation: new LatencyHistogram() };
  /** By route and by status. */
  readonly requests = new Map<string, Map<number, number>>();

  countClose(code: number): void {
    const key = knownCodes.has(String(code)) ? String(code) : 'other';
    this.closed[key] = (this.closed[key] ?? 0) + 1;
  }

  countRequest(route: string, status: number): void {
    const byStatus = this.requests.get(route) ?? new Map<number, number>();
    this.requests.set(route, byStatus);
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }

  /** Carries out an operation, and counts how it went. */
  async counting<T extends object>(
    { document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>,
    work: () => T | PromiseLike<T>,
  ): Promise<T> {
    const type = getOperationAST(document, operationName)?.operation;
    const startedAt = performance.now();
    let outcome: Outcome = 'failed';
    try {
      const result = await work();
      if (!('errors' in result) || result.errors === undefined) outcome = 'ok';
      return result;
    } finally {
      if (type !== undefined) this.#countOperation(type, outcome, performance.now() - startedAt);
    }
  }

  #countOperation(type: OperationTypeNode, outcome: Outcome, ms: number): void {
    this.operations[type][outcome] += 1;
    // A subscription is opened when its topic is followed, and lives on.
    if (type !== OperationTypeNode.SUBSCRIPTION) this.durations[type].add(ms);
  }
}
