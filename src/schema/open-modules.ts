// Opens modules over what they stand on, in order, and speaks to all of them as one.
import type { Runtime } from './context.ts';
import type { OpenedModule, TidingsModule } from './module.ts';

export interface Modules extends Required<
  Pick<OpenedModule, 'onAuthenticated' | 'onConnected' | 'onUserGone' | 'onSessionsRevoked' | 'onDraining'>
> {
  readonly runtime: Runtime;
  /** When all of them are. */
  settled(): Promise<void>;
  /** When all of them have. */
  lingered(): Promise<void>;
  /** In the opposite order. */
  close(): Promise<void>;
}

/** Rejects, with those closed again that were open, where one can't be opened or does not fit to the others. */
export async function openModules(
  modules: readonly TidingsModule[],
  foundation: Omit<Runtime, 'use' | 'eraseTexts'>,
): Promise<Modules> {
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
    for (const module of opened.splice(0).reverse()) {
      // One that can't be closed keeps no other open.
      try {
        await module.close?.();
      } catch (error) {
        foundation.logger.error({ err: error }, 'a module could not be closed');
      }
    }
  };
  try {
    const providers = new Map<string, string>();
    for (const module of modules) {
      const one = openOne(module, runtime);
      if (one === undefined) continue;
      opened.push(one);
      for (const { key, service } of one.services) {
        const other = providers.get(key.name);
        if (other !== undefined) {
          throw new Error(
            `The modules "${other}" and "${module.name}" both provide a service "${key.name}": give one of them another ` +
              'name, like "planner.tasks".',
          );
        }
        providers.set(key.name, module.name);
        services.set(key.name, service);
      }
    }
    for (const module of opened) module.onReady?.();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    runtime,
    async onAuthenticated(viewer) {
      for (const module of opened) await module.onAuthenticated?.(viewer);
    },
    onConnected: (context) => opened.forEach((module) => module.onConnected?.(context)),
    onSessionsRevoked: (user) => opened.forEach((module) => module.onSessionsRevoked?.(user)),
    onUserGone: (user, setting) => opened.forEach((module) => module.onUserGone?.(user, setting)),
    async settled() {
      for (const module of opened) await module.settled?.();
    },
    onDraining: () => opened.forEach((module) => module.onDraining?.()),
    async lingered() {
      await Promise.all(opened.map(async (module) => module.lingered?.()));
    },
    close,
  };
}

function openOne(module: TidingsModule, runtime: Runtime): OpenedModule | undefined {
  let opened: OpenedModule | undefined;
  try {
    opened = module.open?.(runtime);
  } catch (cause) {
    throw new Error(`The module "${module.name}" could not be opened: ${String(cause)}`, { cause });
  }
  if (opened === undefined || Array.isArray(opened.services)) return opened;
  // Nobody waits for it.
  if (opened instanceof Promise) opened.catch(() => undefined);
  throw new Error(
    `The module "${module.name}" has not answered its services when it was opened: \`open\` is not asynchronous, and ` +
      'answers { services: [provide(…)] }.',
  );
}
