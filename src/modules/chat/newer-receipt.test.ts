import { expect, test } from 'vitest';
import { isNewerReceipt, type ReceiptView } from './newer-receipt.ts';

const receipt = (number: number, readAt: string): ReceiptView => ({
  user: { id: 'alice', name: 'Alice', avatarUrl: null },
  lastReadMessageId: `m${number}`,
  readAt: `2026-01-01T00:00:0${readAt}Z`,
  number,
});

test('the first one is news', () => {
  expect(isNewerReceipt(receipt(1, '1.000'), undefined)).toBe(true);
});

test('a later one is newer, an earlier one and the same one are not', () => {
  expect(isNewerReceipt(receipt(2, '2.000'), receipt(1, '1.000'))).toBe(true);
  expect(isNewerReceipt(receipt(1, '1.000'), receipt(2, '2.000'))).toBe(false);
  expect(isNewerReceipt(receipt(1, '1.000'), receipt(1, '1.000'))).toBe(false);
});

test('within one millisecond the greater number is newer', () => {
  expect(isNewerReceipt(receipt(2, '1.000'), receipt(1, '1.000'))).toBe(true);
});

test('whoever left and came back may have read less than before', () => {
  expect(isNewerReceipt(receipt(1, '3.000'), receipt(9, '2.000'))).toBe(true);
});
