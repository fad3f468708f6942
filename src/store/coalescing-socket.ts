// A socket that sends what one turn of the event loop has written with one system call. Statements that are pipelined
// (and messages that are published together) then cost the kernel one packet instead of one each.
import { Socket } from 'node:net';

export function createCoalescingSocket(): Socket {
  const socket = new Socket();
  coalesceWrites(socket);
  return socket;
}

/** From now on; nothing is held back for longer than the turn. */
export function coalesceWrites(socket: Pick<Socket, 'write' | 'cork' | 'uncork'>): void {
  let corked = false;
  const write = socket.write.bind(socket);
  const writeInTurn = (...args: Parameters<typeof write>): boolean => {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(() => {
        corked = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  socket.write = writeInTurn as typeof socket.write;
}
