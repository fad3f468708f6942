// What `tidings dev` says when it is ready: what it runs on, where to look, what to try first.
import type { App } from '../app.ts';

export function greeting(app: Pick<App, 'url' | 'engine' | 'store'>, startedInMs: number): string {
  return `
  Tidings is ready at ${app.url} (${(startedInMs / 1_000).toFixed(1)} s)

    engine     ${app.engine.description}
    store      ${app.store.description}
    GraphiQL   ${app.url}/graphql
    tokens     ${app.url}/dev/token?user=alice&name=Alice&scope=orders:publish

  Try first: open GraphiQL in two windows. Run FollowOrder in one, PublishOrderUpdate in the other, and watch order 1001
  change its status. The workspace "demo" has people, orders, conversations and notifications to play with.
  Development mode: everyone on this machine can have any token. Ctrl-C stops it.

`;
}
