// Apollo Server 5 on Express with graphql-ws and graphql-redis-subscriptions, as documented.
import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import { makeExecutableSchema } from '@graphql-tools/schema';
import cors from 'cors';
import express from 'express';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { announce, redisUrl } from './announce.mjs';
import { toResolvers, typeDefs } from './schema.mjs';

const pubsub = new RedisPubSub({ publisher: new Redis(redisUrl), subscriber: new Redis(redisUrl) });
const schema = makeExecutableSchema({
  typeDefs,
  resolvers: toResolvers((topic) => pubsub.asyncIterableIterator(topic)),
});
const app = express();
const http = createServer(app);
const sockets = new WebSocketServer({ server: http, path: '/graphql' });
const subscriptions = useServer({ schema }, sockets);
const server = new ApolloServer({
  schema,
  plugins: [
    ApolloServerPluginDrainHttpServer({ httpServer: http }),
    { serverWillStart: async () => ({ drainServer: async () => subscriptions.dispose() }) },
  ],
});
await server.start();
app.use('/graphql', cors(), express.json(), expressMiddleware(server));
http.listen(0, '127.0.0.1', 2_048, () => announce(http));
