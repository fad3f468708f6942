import { expect, test } from 'vitest';
import { Intake } from './intake.ts';

const createSocket = () => ({
  isPaused: false,
  pause(): void {
    this.isPaused = true;
  },
  resume(): void {
    this.isPaused = false;
  },
});

test('reading pauses while as much as may be is under way, and goes on below it', () => {
  const socket = createSocket();
  const intake = new Intake(socket, 2);
  intake.entered();
  expect(socket.isPaused).toBe(false);
  intake.entered();
  intake.entered();
  expect(socket.isPaused).toBe(true);
  intake.left();
  expect(socket.isPaused).toBe(true);
  intake.left();
  expect(socket.isPaused).toBe(false);
});

test('what is closing is read to its end', () => {
  const socket = createSocket();
  const intake = new Intake(socket, 1);
  intake.entered();
  intake.stopPausing();
  expect(socket.isPaused).toBe(false);
  intake.entered();
  expect(socket.isPaused).toBe(false);
});

test('what weighs as much as may be pauses it alone', () => {
  const socket = createSocket();
  const intake = new Intake(socket, 32);
  intake.entered(32);
  intake.entered();
  expect(socket.isPaused).toBe(true);
  intake.left(32);
  expect(socket.isPaused).toBe(false);
});
