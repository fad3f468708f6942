// Whose an order or a booking is: told with its first publish, and never changed afterwards.
import { badInput } from '../../errors.ts';
import { requireId } from '../../schema/input.ts';

/** What belongs to a customer, for people: `{ kind: 'order', id: '1001' }`. */
export interface CustomersThing {
  readonly kind: string;
  readonly id: string;
}

/**
 * A customer never changes, so this may be read before anything is locked. Where it is told, it is taken at its word
 * until what is stored has been read: then ask `requireSameCustomer`.
 */
export async function requireCustomer(
  { kind, id }: CustomersThing,
  told: string | null,
  readStored: () => Promise<string | undefined>,
): Promise<string> {
  if (told !== null) return requireId('customerId', told);
  const stored = await readStored();
  if (stored !== undefined) return stored;
  throw badInput(`The ${kind} "${id}" has not been seen before: name its customer in \`customerId\`.`);
}

export function requireSameCustomer({ kind, id }: CustomersThing, customerId: string, told: string): void {
  if (told === customerId) return;
  throw badInput(`The ${kind} "${id}" belongs to another customer, and never changes its customer.`);
}
