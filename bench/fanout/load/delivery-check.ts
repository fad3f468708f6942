// Checks every message of every subscriber: none is missing, repeated or out of its order, and all bytes are as they must
// be. Whatever is wrong is thrown as a sentence. No sockets and no clock: messages and times are handed in.
import { idOf, labelIn, positionOf, toShape, type Kind } from './events.ts';

export interface PublishedEvent {
  /** Its place among the events of its topic, which go up by one; 0 while only the server knows it. */
  sequence: number;
  /** The number in its text, by which it is recognized. */
  readonly label: number;
  /** Milliseconds, of the clock that tells when it is received. */
  readonly publishedAt: number;
  readonly text: string;
  /** All of it as JSON; null where the server makes more of it than was published, and numbers it. */
  readonly message: string | null;
  /** Bytes from the payload on, as its first subscriber got them; all others must get the same. */
  reference: Buffer | null;
  /** Subscribers that do not have it yet. */
  missing: number;
}

export interface CheckedTopic {
  readonly name: string;
  readonly kind: Kind;
  subscribers: number;
  /** Those that some subscriber does not have yet, by their sequence. */
  readonly events: Map<number, PublishedEvent>;
  /** Those that nobody has yet and only the server has numbered, by their label. */
  readonly unnumbered: Map<number, PublishedEvent>;
}

export interface CheckedSubscriber {
  /** For sentences. */
  readonly name: string;
  readonly topic: CheckedTopic;
  /** What the beginning of each of its messages must contain: the id of its operation, or the topic. */
  readonly address: string;
  /** The number of its newest event; 0 before its first one, which may have any number. */
  lastSequence: number;
  /** The bytes before the payload, the same in each of its messages; null before its first one. */
  prefix: Buffer | null;
}

/** How a message is wrapped: `prefix`, ending with `marker`; then `head`, the event as JSON, and `tail`. */
export interface Wrapping {
  readonly marker: string;
  readonly head: string;
  readonly tail: string;
  /** The event in the text of a whole message. */
  unwrap(text: string): unknown;
  /** Events are numbered by their cursors, as the server makes them, and not by their texts. */
  readonly isNumberedByServer: boolean;
}

export class DeliveryFault extends Error {}

export interface DeliveryCheckOptions {
  readonly wrapping: Wrapping;
  /** The shape that events must have where the server makes them. */
  readonly shapes: Readonly<Record<Kind, string>>;
  onDelivered(event: PublishedEvent, receivedAt: number): void;
  /** All subscribers of the topic have it. */
  onComplete(event: PublishedEvent): void;
}

export class DeliveryCheck {
  readonly #options: DeliveryCheckOptions;

  constructor(options: DeliveryCheckOptions) {
    this.#options = options;
  }

  /** The message is `bytes` from `from` to `to`, valid only during the call. Throws DeliveryFault. */
  receive(subscriber: CheckedSubscriber, bytes: Buffer, from: number, to: number, receivedAt: number): void {
    const due = subscriber.topic.events.get(subscriber.lastSequence + 1);
    const isAsDue =
      due !== undefined &&
      due.reference !== null &&
      subscriber.lastSequence > 0 &&
      this.#equals(subscriber, due.reference, bytes, from, to);
    const event = isAsDue ? due : this.#inspect(subscriber, bytes, from, to);
    const { topic } = subscriber;
    subscriber.lastSequence = event.sequence;
    event.missing -= 1;
    this.#options.onDelivered(event, receivedAt);
    if (event.missing > 0) return;
    topic.events.delete(event.sequence);
    this.#options.onComplete(event);
  }

  #equals(
    { prefix }: CheckedSubscriber,
    reference: Buffer,
    bytes: Buffer,
    from: number,
    to: number,
  ): boolean {
    if (prefix === null || to - from !== prefix.length + reference.length) return false;
    const middle = from + prefix.length;
    return (
      bytes.compare(prefix, 0, prefix.length, from, middle) === 0 &&
      bytes.compare(reference, 0, reference.length, middle, to) === 0
    );
  }

  /** The first message of a subscriber, the first one of an event, and all that are not as they should be. */
  #inspect(subscriber: CheckedSubscriber, bytes: Buffer, from: number, to: number): PublishedEvent {
    const text = bytes.toString('latin1', from, to);
    const { marker } = this.#options.wrapping;
    const markedAt = text.indexOf(marker);
    const label = labelIn(text);
    const sequence = markedAt < 0 || label === null ? null : this.#sequenceOf(text, label);
    if (sequence === null || label === null)
      throw toFault(subscriber, `a message that is no event: ${text.slice(0, 500)}`);

    const { lastSequence, topic } = subscriber;
    if (lastSequence > 0 && sequence <= lastSequence)
      throw toFault(subscriber, `event ${sequence} came again after event ${lastSequence}.`);
    if (lastSequence > 0 && sequence > lastSequence + 1) {
      throw toFault(
        subscriber,
        `event ${lastSequence + 1} is missing or late: event ${sequence} came after event ${lastSequence}.`,
      );
    }
    const event = topic.events.get(sequence) ?? toNumbered(topic, label, sequence);
    if (event === null)
      throw toFault(subscriber, `event ${sequence} came, which is not on its way on this topic.`);

    const prefix = text.slice(0, markedAt + marker.length);
    const isAddressed =
      subscriber.prefix === null
        ? prefix.includes(subscriber.address)
        : prefix === subscriber.prefix.toString('latin1');
    if (!isAddressed) throw toFault(subscriber, `event ${sequence} is addressed to somebody else: ${prefix}`);
    subscriber.prefix ??= Buffer.from(prefix, 'latin1');

    const payload = text.slice(prefix.length);
    const isAltered =
      event.reference === null
        ? !this.#isAsPublished(topic, event, text, payload)
        : payload !== event.reference.toString('latin1');
    if (isAltered) throw toFault(subscriber, `event ${sequence} was altered: ${text}`);
    if (topic.subscribers > 1) event.reference ??= Buffer.from(payload, 'latin1');
    return event;
  }

  #sequenceOf(text: string, label: number): number | null {
    const { unwrap, isNumberedByServer } = this.#options.wrapping;
    return isNumberedByServer ? (positionOf(unwrap(text))?.number ?? null) : label;
  }

  #isAsPublished(topic: CheckedTopic, event: PublishedEvent, text: string, payload: string): boolean {
    const { head, tail, unwrap } = this.#options.wrapping;
    if (event.message !== null) return payload === `${head}${event.message}${tail}`;
    const made = unwrap(text);
    const isOfItsShape = toShape(made) === this.#options.shapes[topic.kind];
    const isOfItsTopic = positionOf(made)?.topic.endsWith(idOf(topic.name)) === true;
    return isOfItsShape && isOfItsTopic && text.includes(`"${event.text}"`);
  }

  /** What is missing, in a sentence; null where nothing is. */
  describeMissing(subscribers: readonly CheckedSubscriber[]): string | null {
    for (const { name, topic, lastSequence } of subscribers) {
      const [unseen] = topic.unnumbered.values();
      if (unseen !== undefined) return `Nobody (${topic.name}) has got the event "${unseen.text}".`;
      for (const { sequence } of topic.events.values()) {
        if (sequence > lastSequence)
          return `${name} (${topic.name}): event ${sequence} has not come; the last was ${lastSequence}.`;
      }
    }
    return null;
  }
}

const toFault = ({ name, topic }: CheckedSubscriber, what: string): DeliveryFault =>
  new DeliveryFault(`${name} (${topic.name}): ${what}`);

/** The first subscriber to get an event that the server has numbered tells its number. */
function toNumbered(topic: CheckedTopic, label: number, sequence: number): PublishedEvent | null {
  const event = topic.unnumbered.get(label);
  if (event === undefined) return null;
  topic.unnumbered.delete(label);
  event.sequence = sequence;
  topic.events.set(sequence, event);
  return event;
}
