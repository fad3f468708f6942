// The streams of notifications: one for each user, heard on all of their devices.
import { toTopic, type Topic } from '../../streams/topic.ts';

export const notificationsTopic = (workspace: string, userId: string): Topic =>
  toTopic({ workspace, kind: 'notifications-of', key: userId });
