// What the process of `tidings start --workers` and its workers say to each other.

/** From a worker, once. */
export interface WorkerReady {
  readonly tidings: 'ready';
  readonly url: string;
  /** What it runs on, for people. */
  readonly on: string;
}

/** To a worker: it is to drain and to end. */
export interface DrainRequest {
  readonly tidings: 'drain';
}

export const isWorkerReady = (message: unknown): message is WorkerReady => nameOf(message) === 'ready';
export const isDrainRequest = (message: unknown): message is DrainRequest => nameOf(message) === 'drain';

/** Others use the channel too: node:cluster, prom-client. */
const nameOf = (message: unknown): unknown =>
  typeof message === 'object' && message !== null && 'tidings' in message ? message.tidings : null;
