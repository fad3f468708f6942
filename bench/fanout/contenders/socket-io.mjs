// Socket.IO 4 with its Redis adapter, as documented: a topic is a room, events come from the Redis emitter elsewhere.
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { announce, redisUrl } from './announce.mjs';

const publisher = new Redis(redisUrl);
const subscriber = publisher.duplicate();
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
  adapter: createAdapter(publisher, subscriber),
});
io.on('connection', (socket) => {
  socket.on('subscribe', async (topic, acknowledge) => {
    await socket.join(topic);
    acknowledge();
  });
});
http.listen(0, '127.0.0.1', 2_048, () => announce(http));
