/**
 * GraphiQL for browsers that open `/graphql`: the page. Its assets come from `graphiql-assets.ts`, and what it does in the
 * browser is `graphiql-client.ts`. For development: the page holds a token.
 */
import { graphiqlAssetsPath } from './graphiql-assets.ts';
import type { GraphiqlClientConfig } from './graphiql-client.ts';
import { graphiqlScript, settingsId } from './graphiql-script.ts';
import { exampleTabs, type ExampleTabsOptions } from './graphiql-tabs.ts';

export interface GraphiqlPageOptions extends ExampleTabsOptions {
  /**
   * Put into every tab's Headers as `Authorization: Bearer …`, and from there into `connection_init`. Whoever can read
   * the page has it, so give it to loopback requests only. null: the tabs begin without a token.
   */
  readonly token: string | null;
}

const logoSvg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="26" height="26" viewBox="0 0 26 26" fill="none" stroke="#e10098" ' +
  'stroke-width="2.4" stroke-linecap="round"><circle cx="6" cy="20" r="2.2" fill="#e10098" stroke="none"/>' +
  '<path d="M5 12a9 9 0 0 1 9 9M5 5a16 16 0 0 1 16 16"/></svg>';

/**
 * The page. Answer it with `content-type: text/html; charset=utf-8` and `cache-control: no-store`: every visit gets the
 * token of its own moment, and tabs kept by the browser never hold an old one.
 */
export function renderGraphiqlPage(options: GraphiqlPageOptions): string {
  const assets = graphiqlAssetsPath();
  const config: GraphiqlClientConfig = {
    endpoint: '/graphql',
    title: 'Tidings',
    logoSvg,
    workers: {
      editorWorkerService: `${assets}editor.worker.js`,
      json: `${assets}json.worker.js`,
      graphql: `${assets}graphql.worker.js`,
    },
    defaultHeaders: JSON.stringify(
      options.token ? { Authorization: `Bearer ${options.token}` } : {},
      null,
      2,
    ),
    tabs: exampleTabs(options),
  };
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Tidings</title>
    <link rel="icon" href="data:image/svg+xml;base64,${Buffer.from(logoSvg).toString('base64')}">
    <link rel="stylesheet" href="${assets}graphiql.css">
    <link rel="modulepreload" href="${assets}graphql-ws/client.js">
    <style>
      html, body, #root { height: 100%; margin: 0; }
      /* GraphiQL shifts a tab aside when it is pressed, and the click misses it. */
      .graphiql-tab { transform: none !important; }
    </style>
  </head>
  <body>
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root"></div>
    <script src="${assets}graphiql.js"></script>
    <script type="application/json" id="${settingsId}">${toInlineJson(config)}</script>
    <script type="module" src="${assets}${graphiqlScript.name}"></script>
  </body>
</html>
`;
}

/** Lets the page load from this server only, so that "no external request" holds for whatever the bundle contains. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** JSON that is safe inside `<script>`: no `</script>` or `<!--` can come from a value. */
function toInlineJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
