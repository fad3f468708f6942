// Connections: a page of a list as GraphQL clients expect it, with `edges`, `nodes` and `pageInfo`.
import type { FieldMap, ObjectRef } from '@pothos/core';
import type { Builder, Types } from './builder.ts';
import type { Page } from './page.ts';
import { PageInfo } from './scalars.ts';

export interface ConnectionWords {
  /** One of them: "order". */
  readonly one: string;
  /** Several: "orders". */
  readonly many: string;
}

type PageFields<Whole> = PothosSchemaTypes.ObjectFieldBuilder<Types, Whole>;

/**
 * Defines `<name>Edge`, and answers the fields that `<name>Connection` has for being one.
 *
 *     const pageFields = connectionFields<OrderView, OrderPage>(builder, 'Order', Order, { one: 'order', many: 'orders' });
 *     builder.objectRef<OrderPage>('OrderConnection').implement({ fields: (t) => ({ ...pageFields(t), … }) });
 */
export function connectionFields<T, Whole extends Page<T>>(
  builder: Builder,
  name: string,
  Node: ObjectRef<Types, T>,
  { one, many }: ConnectionWords,
): (t: PageFields<Whole>) => FieldMap {
  const article = /^[aeiou]/.test(one) ? 'An' : 'A';
  const Edge = builder.objectRef<Page<T>['edges'][number]>(`${name}Edge`).implement({
    description: `${article} ${one} and its place in the list.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'Its place in the list, for `after`, and for `before` where the list has it.',
      }),
      node: t.expose('node', { type: Node, description: `The ${one}.` }),
    }),
  });
  return (t) => ({
    edges: t.field({
      type: [Edge],
      description: `The ${many} with their places.`,
      resolve: ({ edges }) => [...edges],
    }),
    nodes: t.field({
      type: [Node],
      description: `The ${many}.`,
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.field({
      type: PageInfo,
      description: 'Where the page lies in the list.',
      resolve: ({ pageInfo }) => pageInfo,
    }),
  });
}
