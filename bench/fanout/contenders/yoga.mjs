// GraphQL Yoga 5 with graphql-ws and graphql-redis-subscriptions, as documented.
import { createServer } from 'node:http';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { createSchema, createYoga } from 'graphql-yoga';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { announce, redisUrl } from './announce.mjs';
import { toResolvers, typeDefs } from './schema.mjs';

const pubsub = new RedisPubSub({ publisher: new Redis(redisUrl), subscriber: new Redis(redisUrl) });
const yoga = createYoga({
  schema: createSchema({
    typeDefs,
    resolvers: toResolvers((topic) => pubsub.asyncIterableIterator(topic)),
  }),
  graphiql: { subscriptionsProtocol: 'WS' },
});
const http = createServer(yoga);
const sockets = new WebSocketServer({ server: http, path: yoga.graphqlEndpoint });
useServer(
  {
    execute: ({ rootValue, ...args }) => rootValue.execute(args),
    subscribe: ({ rootValue, ...args }) => rootValue.subscribe(args),
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      });
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
      const errors = validate(args.schema, args.document);
      return errors.length > 0 ? errors : args;
    },
  },
  sockets,
);
http.listen(0, '127.0.0.1', 2_048, () => announce(http));
