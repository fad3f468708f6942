// The presence module, as the server is given it.
import { provide, type TidingsModule } from '../../schema/module.ts';
import { createPresenceSessions } from './presence-sessions.ts';
import { definePresence } from './presence.schema.ts';
import { createPresenceService, presenceService } from './presence.service.ts';
import { createProfiles } from './profiles.ts';

/** A connection that has closed counts for so long, so that a page reload doesn't flicker. */
const graceMs = 3_000;

export const presenceModule: TidingsModule = {
  name: 'presence',
  define: definePresence,
  open(runtime) {
    const { engine, logger, revocations } = runtime;
    const profiles = createProfiles(runtime);
    const service = createPresenceService(runtime, { profiles });
    const sessions = createPresenceSessions({ registry: engine.presence, logger, graceMs });
    const writing = new Set<Promise<void>>();
    return {
      services: [provide(presenceService, service)],
      onConnected({ session, connection }) {
        const { viewer } = session;
        if (viewer === null || connection === null) return;
        const isRevoked = () => session.viewer !== null && revocations.isRevoked(session.viewer);
        sessions.begin({ workspace: viewer.workspace, userId: viewer.id }, connection, isRevoked);
      },
      onSessionsRevoked(user) {
        sessions.endRevoked(user);
        service.forget(user);
      },
      onUserGone(user, setting) {
        // Whoever appeared offline was last seen when they hid, as far as anybody may know.
        const at = setting?.status === 'OFFLINE' ? new Date(setting.setAt) : new Date();
        const written = profiles
          .rememberGone(user, at)
          .catch((error: unknown) => {
            logger.warn({ err: error, userId: user.userId }, 'when a user was last seen could not be stored');
          })
          .finally(() => writing.delete(written));
        writing.add(written);
      },
      settled: () => service.settled(),
      // Nobody is told where this is the only node.
      lingered: () => (engine.kind === 'redis' ? sessions.ended() : Promise.resolve()),
      async close() {
        service.close();
        await sessions.close();
        await Promise.all(writing);
      },
    };
  },
};
