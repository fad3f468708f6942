// Where the metrics of one server are read from.
import type { Engine } from '../../engines/engine.ts';
import type { FanOut } from '../../fanout/fan-out.ts';
import type { NodeFigures } from '../../schema/context.ts';
import type { DeliveryFigures } from '../../schema/delivery-figures.ts';
import type { Store } from '../../store/store.ts';
import type { Tails } from '../../streams/tails.ts';
import type { BoundedCheck } from '../bounded-check.ts';
import type { Readiness } from '../readiness.ts';
import type { TransportFigures } from '../transport-figures.ts';

export interface Dependency {
  readonly dependency: 'database' | 'redis';
  /** Whether a node should be given nothing while it is away: all nodes share it, so that none would be left. */
  readonly isNeeded: boolean;
  readonly check: BoundedCheck<unknown>;
}

export interface Figures {
  readonly version: string;
  readonly store: Pick<Store, 'kind' | 'connections'>;
  readonly engine: Pick<Engine, 'kind'>;
  readonly dependencies: readonly Dependency[];
  /** How many nodes live. */
  readonly nodes: BoundedCheck<number>;
  readonly readiness: Pick<Readiness, 'isDraining'>;
  readonly tails: Pick<Tails, 'size' | 'figures'>;
  readonly deliveries: DeliveryFigures;
  /** null where nothing is shared. */
  readonly fanOut: Pick<FanOut, 'size' | 'members'> | null;
  readonly book: NodeFigures;
  readonly transport: TransportFigures;
  /** Asked when it is read: the transports are opened after the metrics. */
  webSockets(): { readonly size: number; readonly queuedBytes: number };
  eventStreams(): number;
}
