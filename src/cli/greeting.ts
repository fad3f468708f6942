// What `tidings dev` says when it is ready: what it runs on, where to look, what to try first.
import type { App } from '../app.ts';

export function greeting(app: Pick<App, 'url' | 'engine' | 'store'>, startedInMs: number): string {
  return `
  Tidings is ready at ${app.url} (${(startedInMs / 1_000).toFixed(1)} s)

    demo       ${app.url}/
    GraphiQL   ${app.url}/graphql
    tokens     ${app.url}/dev/token?user=alice&name=Alice&scope=orders:publish
    engine     ${app.engine.description}
    store      ${app.store.description}

  Try first: open ${app.url}/?as=alice and ${app.url}/?as=bob in two windows side by side, write from one to the other,
  and go offline in one of them for a while. In GraphiQL, run FollowOrder in one tab and PublishOrderUpdate in the next.
  Development mode: everyone on this machine can have any token. Ctrl-C stops it.

`;
}
