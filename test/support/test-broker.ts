// A broker that a test looks into: counts followers, and loses what it is told to lose.
import type { Broker, Follower, Following } from '../../src/engines/engine.ts';

export interface TestBroker extends Broker {
  /** Whether to lose this message, as if its publisher had died before it could be told. Nothing is unless set. */
  drop: (message: string) => boolean;
  /** How often it was asked to follow. */
  readonly follows: number;
  /** Followers at the moment. */
  readonly following: number;
}

export function createTestBroker(broker: Broker): TestBroker {
  let follows = 0;
  let following = 0;
  return {
    drop: () => false,
    get follows() {
      return follows;
    },
    get following() {
      return following;
    },
    get state() {
      return broker.state;
    },
    onStateChange: (listener) => broker.onStateChange(listener),
    async publish(channel, message) {
      if (!this.drop(message)) await broker.publish(channel, message);
    },
    async follow(channel: string, follower: Follower): Promise<Following> {
      follows += 1;
      const followed = await broker.follow(channel, follower);
      following += 1;
      let ended = false;
      return {
        unfollow: async () => {
          if (!ended) following -= 1;
          ended = true;
          await followed.unfollow();
        },
      };
    },
  };
}
