// A document for React to render into, beside Node's own network: importing it puts one in place.
import { Window } from 'happy-dom';

const window = new Window({ url: 'http://localhost/' });
const names = [
  'document',
  'navigator',
  'HTMLElement',
  'HTMLIFrameElement',
  'Node',
  'MutationObserver',
  'Event',
];
for (const name of names) {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    value: (window as unknown as Record<string, unknown>)[name],
  });
}
Object.defineProperty(globalThis, 'window', { configurable: true, value: window });
