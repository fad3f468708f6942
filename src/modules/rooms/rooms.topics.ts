// The streams of rooms, and the names under which the engine knows who is in them.
import type { Place } from '../../engines/engine.ts';
import { toTopic, type Topic } from '../../streams/topic.ts';

export const roomTopic = (workspace: string, room: string): Topic =>
  toTopic({ workspace, kind: 'room', key: room });

export const roomPlace = (workspace: string, room: string): Place =>
  [workspace, room].map(encodeURIComponent).join('/');
