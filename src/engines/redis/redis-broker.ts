// The broker over Redis: one RedisPubSub subscription for each channel and process, shared by all of its followers.

import { EventEmitter } from 'node:events';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Broker, Follower, Following } from '../engine.ts';
import type { Listening, Publisher } from './listening.ts';
import { toUnavailable } from './redis-connections.ts';

interface Channel {
  readonly name: string;
  readonly followers: Set<Follower>;
  /** RedisPubSub's number for our subscription, as long as there is one. */
  subscription: number | null;
  /** Ends when all operations asked for so far have ended. */
  lastTurn: Promise<unknown>;
  turns: number;
}

export class RedisBroker implements Broker {
  readonly #link: Listening;
  readonly #logger: Logger;
  readonly #pubsub: RedisPubSub;
  readonly #channels = new Map<string, Channel>();
  /** Why SUBSCRIBE failed, by channel, until the turn that asked for it has read it. */
  readonly #failures = new Map<string, unknown>();
  /** The message that is being told. */
  #heard = '';

  constructor(options: { publisher: Publisher; link: Listening; logger: Logger }) {
    this.#link = options.link;
    this.#logger = options.logger;
    this.#pubsub = new RedisPubSub({
      // It calls nothing but `publish`.
      publisher: options.publisher as unknown as Redis,
      subscriber: this.#createFacade(),
      serializer: (message: string) => message,
      // It would be given a copy as bytes; the text is at hand.
      deserializer: () => this.#heard,
    });
    this.#link.onStateChange((state) => {
      if (state === 'connected') this.#tellRestored();
    });
  }

  get state(): Broker['state'] {
    return this.#link.state;
  }

  onStateChange(listener: (state: Broker['state']) => void): () => void {
    return this.#link.onStateChange(listener);
  }

  async publish(channel: string, message: string): Promise<void> {
    try {
      await this.#pubsub.publish(channel, message);
    } catch (error) {
      throw toUnavailable(error);
    }
  }

  /** Rejects at once while the state is `away`, and at the latest when the connection's deadline has passed. */
  async follow(name: string, follower: Follower): Promise<Following> {
    // An object of its own, so that one follower may follow twice.
    const own: Follower = {
      onMessage: (message) => follower.onMessage(message),
      onRestored: () => follower.onRestored(),
    };
    const channel = this.#find(name);
    await this.#inTurn(channel, async () => {
      this.#requireConnected();
      if (channel.subscription === null) await this.#subscribe(channel);
      // Asked again in the turn of the event loop that adds the follower: either it is in force now, or a loss
      // that comes later tells this follower onRestored.
      this.#requireConnected();
      channel.followers.add(own);
    });
    return {
      unfollow: async () => {
        if (channel.followers.delete(own)) await this.#inTurn(channel, async () => undefined);
      },
    };
  }

  #find(name: string): Channel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const channel: Channel = {
      name,
      followers: new Set(),
      subscription: null,
      lastTurn: Promise.resolve(),
      turns: 0,
    };
    this.#channels.set(name, channel);
    return channel;
  }

  /**
   * One operation of a channel at a time: RedisPubSub loses later messages when UNSUBSCRIBE meets a SUBSCRIBE that
   * has not been answered. The last turn without followers ends the subscription, so quick following and unfollowing
   * costs nothing.
   */
  #inTurn(channel: Channel, operation: () => Promise<void>): Promise<void> {
    channel.turns += 1;
    const turn = channel.lastTurn.then(operation).finally(() => {
      channel.turns -= 1;
      if (channel.turns > 0 || channel.followers.size > 0) return;
      this.#channels.delete(channel.name);
      if (channel.subscription !== null) this.#pubsub.unsubscribe(channel.subscription);
    });
    channel.lastTurn = turn.catch(() => undefined);
    return turn;
  }

  async #subscribe(channel: Channel): Promise<void> {
    const subscription = await this.#pubsub.subscribe<string>(channel.name, (message) => {
      this.#tell(channel, (follower) => follower.onMessage(message));
    });
    const failure = this.#failures.get(channel.name);
    if (failure !== undefined) {
      this.#failures.delete(channel.name);
      this.#pubsub.unsubscribe(subscription);
      throw toUnavailable(failure);
    }
    channel.subscription = subscription;
  }

  #requireConnected(): void {
    if (this.#link.state === 'away') throw toUnavailable(new Error('the subscriber connection is away'));
  }

  #tellRestored(): void {
    for (const channel of [...this.#channels.values()]) {
      this.#tell(channel, (follower) => follower.onRestored());
    }
  }

  #tell(channel: Channel, call: (follower: Follower) => void): void {
    for (const follower of channel.followers) {
      try {
        call(follower);
      } catch (error) {
        this.#logger.error({ err: error, channel: channel.name }, 'a follower threw; the others go on');
      }
    }
  }

  /**
   * What RedisPubSub is given instead of the client. It leaves a promise unhandled when SUBSCRIBE fails, and never
   * awaits UNSUBSCRIBE: either would end the process. So here SUBSCRIBE always succeeds, its failure is read from
   * `#failures` afterwards, and UNSUBSCRIBE handles its own. Patterns are never used.
   */
  #createFacade(): Redis {
    const facade = Object.assign(new EventEmitter(), {
      subscribe: (channel: string, answer: (error: null) => void): void => {
        this.#link
          .subscribe(channel)
          .catch((error: unknown) => this.#failures.set(channel, error))
          .then(() => answer(null))
          .catch((error: unknown) =>
            this.#logger.error({ err: error }, 'a subscription could not be answered'),
          );
      },
      unsubscribe: (channel: string): void => this.#link.unsubscribe(channel),
      punsubscribe: (): void => undefined,
    });
    this.#link.onMessage((channel, message) => {
      this.#heard = message;
      facade.emit('message', channel, '');
    });
    return facade as unknown as Redis;
  }
}
