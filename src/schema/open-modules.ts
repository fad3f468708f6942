// Opens modules over what they stand on, in order, and speaks to all of them as one.
import type { Runtime } from './context.ts';
import type { OpenedModule, TidingsModule } from './module.ts';

export interface Modules extends Required<
  Pick<OpenedModule, 'onAuthenticated' | 'onConnected' | 'onUserGone' | 'onSessionsRevoked'>
> {
  readonly runtime: Runtime;
  /** In the opposite order. */
  close(): Promise<void>;
}

export function openModules(
  modules: readonly TidingsModule[],
  foundation: Omit<Runtime, 'use' | 'eraseTexts'>,
): Modules {
  const services = new Map<string, unknown>();
  const opened: OpenedModule[] = [];
  const runtime: Runtime = {
    ...foundation,
    use<T>(key: { readonly name: string }) {
      if (!services.has(key.name)) throw new Error(`No module of this server provides "${key.name}".`);
      return services.get(key.name) as T;
    },
    async eraseTexts(user) {
      for (const module of opened) await module.onUserErased?.(user);
    },
  };
  const close = async () => {
    for (const module of [...opened].reverse()) await module.close?.();
  };
  try {
    for (const module of modules) {
      const one = module.open?.(runtime);
      if (one === undefined) continue;
      for (const { key, service } of one.services) services.set(key.name, service);
      opened.push(one);
    }
    for (const module of opened) module.onReady?.();
  } catch (error) {
    close().catch((err: unknown) => foundation.logger.error({ err }, 'a module could not be closed'));
    throw error;
  }
  return {
    runtime,
    async onAuthenticated(viewer) {
      for (const module of opened) await module.onAuthenticated?.(viewer);
    },
    onConnected: (context) => opened.forEach((module) => module.onConnected?.(context)),
    onSessionsRevoked: (user) => opened.forEach((module) => module.onSessionsRevoked?.(user)),
    onUserGone: (user) => opened.forEach((module) => module.onUserGone?.(user)),
    close,
  };
}
