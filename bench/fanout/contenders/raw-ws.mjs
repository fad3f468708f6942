// The bare minimum that others are compared with: `ws` and Redis. An event's text is made once and sent to each subscriber.
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { announce, redisUrl } from './announce.mjs';

const redis = new Redis(redisUrl);
const audiences = new Map();

redis.on('message', (topic, message) => {
  const text = JSON.stringify({ topic, event: JSON.parse(message) });
  for (const socket of audiences.get(topic) ?? []) socket.send(text);
});

const http = createServer();
const sockets = new WebSocketServer({ server: http });
sockets.on('connection', (socket) => {
  socket.on('message', (/** @type {Buffer} */ message) => {
    const { subscribe: topic } = JSON.parse(message.toString('utf8'));
    let audience = audiences.get(topic);
    if (audience === undefined) {
      audience = new Set();
      audiences.set(topic, audience);
      void redis.subscribe(topic);
    }
    audience.add(socket);
    socket.once('close', () => {
      audience.delete(socket);
      if (audience.size > 0) return;
      audiences.delete(topic);
      void redis.unsubscribe(topic);
    });
  });
});
http.listen(0, '127.0.0.1', 2_048, () => announce(http));
