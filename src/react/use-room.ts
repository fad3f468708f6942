import { useCallback, useMemo } from 'react';
import { PublishRoomEventDocument, type RoomEventFragment } from '../client/generated.ts';
import { randomId } from '../client/random-id.ts';
import { noRoomEvents, RoomEventsStore } from './room-events-store.ts';
import { unknownRoom, withStatusOf, type RoomState } from './room-state.ts';
import { RoomStore } from './room-store.ts';
import { useTidings } from './tidings-provider.tsx';
import { useLiveStore } from './use-live-store.ts';

/** With `events`, `live` means both, and `failed` and `error` either. */
export interface Room extends RoomState {
  /** What was told there lately, the newest first; none unless `events` is asked for. */
  readonly events: readonly RoomEventFragment[];
  /** Tells something in the room, once. Rejects with the error where it is refused. */
  publish(name: string, data?: unknown): Promise<void>;
}

export interface RoomOptions {
  /** false: only looks on, and is not counted. true unless given. */
  readonly join?: boolean;
  /** true: follows what is told there as well. */
  readonly events?: boolean;
}

/**
 * A room: who is in it, for as long as the component is mounted the viewer as well.
 * @param room null or undefined: none yet; the state stays `loading`
 */
export function useRoom(
  room: string | null | undefined,
  { join = true, events = false }: RoomOptions = {},
): Room {
  const client = useTidings();
  const { state } = useLiveStore(
    room == null ? null : `room ${join} ${room}`,
    unknownRoom,
    (forClient) => new RoomStore(forClient, room as string, join),
  );
  const { state: told } = useLiveStore(
    room == null || !events ? null : `room events ${room}`,
    noRoomEvents,
    (forClient) => new RoomEventsStore(forClient, room as string),
  );
  const publish = useCallback(
    async (name: string, data?: unknown) => {
      if (room == null) throw new Error('There is no room yet.');
      const input = { room, name, idempotencyKey: randomId(), ...(data !== undefined && { data }) };
      const { error } = await client.mutation(PublishRoomEventDocument, { input });
      if (error !== undefined) throw error;
    },
    [client, room],
  );
  return useMemo(
    () => ({ ...(events ? withStatusOf(state, told) : state), events: told.items, publish }),
    [state, told, events, publish],
  );
}
