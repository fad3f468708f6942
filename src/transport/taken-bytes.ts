// How much of what was written to a socket the system has taken: grows while the other end reads, however slowly.
import type { Duplex } from 'node:stream';

/** What has come from the other end: grows with every sign of life, also with a part of a message. */
export const heardBytesOf = (socket: Duplex): number =>
  (socket as { readonly bytesRead?: number }).bytesRead ?? 0;

/** What Node tells of a socket, and of the system's side of it. */
interface Taking {
  readonly bytesWritten?: number;
  readonly writableLength: number;
  readonly _handle?: { readonly bytesWritten?: number; readonly writeQueueSize?: number } | null;
}

/**
 * The documented figures change when a whole write has been taken, which of a large one is long after the first byte. Node's
 * own timeouts look deeper, and so does this where it can.
 */
export function takenBytesOf(socket: Duplex): number {
  const { bytesWritten = 0, writableLength, _handle: handle } = socket as unknown as Taking;
  if (handle?.bytesWritten !== undefined && handle.writeQueueSize !== undefined)
    return handle.bytesWritten - handle.writeQueueSize;
  return bytesWritten - writableLength;
}
