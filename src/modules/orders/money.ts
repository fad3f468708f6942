// Amounts of money: decimal strings, never floating point, with an ISO 4217 code.
import { badInput } from '../../errors.ts';

export interface Money {
  readonly amount: string;
  readonly currency: string;
}

const amountPattern = /^\d{1,15}(\.\d{1,4})?$/;
const currencies = new Set(Intl.supportedValuesOf('currency'));

export function requireMoney(argument: string, money: Money): Money {
  if (!amountPattern.test(money.amount)) {
    throw badInput(
      `\`${argument}.amount\` is "${money.amount.slice(0, 40)}": it takes a decimal string like "299.99", not negative.`,
    );
  }
  if (!currencies.has(money.currency)) {
    throw badInput(
      `\`${argument}.currency\` is "${money.currency.slice(0, 40)}": it takes an ISO 4217 code like "EUR".`,
    );
  }
  return money;
}
