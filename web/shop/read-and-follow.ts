// For what the kit has no hook of its own for: reads how things stand, follows from the cursor that was read, and reads anew
// where the stream can not go on from there. A reading that fails takes nothing away.
import type { CombinedError, TypedDocumentNode } from 'urql';
import type { TidingsClient } from '../../src/client/index.ts';

export interface Source<Snapshot, SnapshotInput, Event, EventInput> {
  readonly client: TidingsClient;
  readonly query: TypedDocumentNode<Snapshot, SnapshotInput>;
  readonly queryVariables: SnapshotInput;
  readonly subscription: TypedDocumentNode<Event, EventInput>;
  /** Without `after`. */
  readonly subscriptionVariables: EventInput;
  /** Takes over what was read, the first time or anew. Returns its cursor. */
  read(snapshot: Snapshot): string;
  event(event: Event): void;
  failed(error: CombinedError): void;
}

export interface Following {
  readAgain(): void;
  stop(): void;
}

/** What failed is read again over the next connection, and so often while there is one. */
const againMs = 5_000;

export function readAndFollow<Snapshot, SnapshotInput extends object, Event, EventInput extends object>(
  source: Source<Snapshot, SnapshotInput, Event, EventInput>,
): Following {
  const { client } = source;
  /** Whatever an older reading still waits for comes to nothing. */
  let newest = 0;
  let hasFailed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopFollowing = () => {};

  const read = async () => {
    const reading = (newest += 1);
    const { data, error } = await client
      .query(source.query, source.queryVariables, { requestPolicy: 'network-only' })
      .toPromise();
    if (reading !== newest) return;
    if (data !== undefined) return follow(source.read(data));
    if (error !== undefined) fail(error);
  };

  const follow = (after: string) => {
    hasFailed = false;
    stopFollowing();
    stopFollowing = client.follow(
      source.subscription,
      { ...source.subscriptionVariables, after },
      {
        event: (event) => source.event(event),
        ended: (error, code) => {
          if (code === 'CURSOR_EXPIRED') void read();
          else fail(error);
        },
      },
    );
  };

  const fail = (error: CombinedError) => {
    hasFailed = true;
    source.failed(error);
    clearTimeout(timer);
    timer = setTimeout(() => readIfFailed(client.connectionState), againMs);
  };

  const readIfFailed = ({ status }: TidingsClient['connectionState']) => {
    if (hasFailed && status === 'connected') void read();
  };

  const stopListening = client.onConnectionState(readIfFailed);
  void read();
  return {
    readAgain: () => void read(),
    stop() {
      newest += 1;
      hasFailed = false;
      clearTimeout(timer);
      stopListening();
      stopFollowing();
    },
  };
}
