import { SetTypingDocument, TypingDocument } from '../client/generated.ts';
import type { TidingsClient } from '../client/tidings-client.ts';
import { LiveStore } from './live-store.ts';
import { keepFollowing } from './patience.ts';
import { TypingSpeaker } from './typing-speaker.ts';
import { changeTypists, nobodyTypes, type Typists } from './typing-state.ts';

export class TypingStore extends LiveStore<Typists> {
  readonly #client: TidingsClient;
  readonly #conversationId: string;
  readonly #speaker: TypingSpeaker;
  #stop: () => void = () => {};

  constructor(client: TidingsClient, conversationId: string) {
    super(nobodyTypes);
    this.#client = client;
    this.#conversationId = conversationId;
    this.#speaker = new TypingSpeaker({ say: (isTyping) => this.#say(isTyping) });
  }

  start(): void {
    const stopFollowing = keepFollowing(
      this.#client,
      TypingDocument,
      { conversationId: this.#conversationId },
      {
        event: ({ typing }) => this.set(changeTypists(this.state, typing)),
        resumed: () => this.set(nobodyTypes),
        failed: () => this.set(nobodyTypes),
      },
    );
    // Of whom nothing is heard any more nobody knows whether they still type.
    const stopWatching = this.#client.onConnectionState(({ status }) => {
      if (status !== 'connected') this.set(nobodyTypes);
    });
    this.#stop = () => {
      stopFollowing();
      stopWatching();
    };
  }

  stop(): void {
    this.#speaker.stopped();
    this.#stop();
  }

  typed(): void {
    this.#speaker.typed();
  }

  stopped(): void {
    this.#speaker.stopped();
  }

  sent(): void {
    this.#speaker.sent();
  }

  /** Said to those who are there now: what could not be said is past. */
  #say(isTyping: boolean): void {
    if (this.#client.connectionState.status !== 'connected') return;
    const said = this.#client.mutation(SetTypingDocument, { conversationId: this.#conversationId, isTyping });
    void said.toPromise();
  }
}
