/** What the page of GraphiQL runs: `graphiql-client.ts` as a script of its own, begun with the settings that the page holds. */
import { createHash } from 'node:crypto';
import { startGraphiql } from './graphiql-client.ts';

/** The element whose text is the settings, as JSON. */
export const settingsId = 'graphiql-settings';

// `__name` is what some TypeScript loaders wrap functions in; sent to the browser, they need it there.
const text = `import { createClient } from './graphql-ws/client.js';
const __name = (named) => named;
(${startGraphiql.toString()})(JSON.parse(document.getElementById('${settingsId}').textContent), createClient);
`;

/** Named by its content: it is cached for ever. */
export const graphiqlScript = {
  name: `page-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.js`,
  text,
} as const;
