// A page of the planner, as a browser runs it: what to do, of whoever's token is in the address.
import { createClient, type Sink } from 'graphql-ws';
import { createRoot } from 'react-dom/client';
import { cacheExchange, Client, fetchExchange, Provider, subscriptionExchange } from 'urql';
import { TaskList } from './task-list.tsx';

const token = new URLSearchParams(location.search).get('token') ?? '';
const socket = createClient({
  url: `${location.origin.replace('http', 'ws')}/graphql`,
  connectionParams: { token },
});
const client = new Client({
  url: '/graphql',
  fetchOptions: { headers: { authorization: `Bearer ${token}` } },
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe: (sink) => ({
          // The two say the same of a result, each in its own words.
          unsubscribe: socket.subscribe({ query, variables: { ...variables } }, sink as Sink),
        }),
      }),
    }),
  ],
});
const root = document.createElement('main');
document.body.append(root);
createRoot(root).render(
  <Provider value={client}>
    <TaskList />
  </Provider>,
);
