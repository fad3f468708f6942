// Who is in the demo workspace, as src/cli/demo-data.ts makes it. Anybody else may be named in the address too: /?as=erin

export interface Person {
  readonly id: string;
  readonly name: string;
  /** What is there to see as this person. */
  readonly role: string;
}

export const people: readonly Person[] = [
  { id: 'alice', name: 'Alice Meyer', role: 'Customer with two orders' },
  { id: 'bob', name: 'Bob Okafor', role: 'Colleague with an order of his own' },
  { id: 'carol', name: 'Carol Lindqvist', role: 'Colleague, her order was cancelled' },
  { id: 'dan', name: 'Dan Ito (support)', role: 'Answers the customers' },
];

export function personOf(id: string): Person {
  const known = people.find((person) => person.id === id);
  return known ?? { id, name: toName(id), role: 'Somebody new' };
}

function toName(id: string): string {
  const [first = '', ...rest] = Array.from(id);
  return first.toUpperCase() + rest.join('');
}
