// Builds the demo app into dist/web, from where `tidings dev` serves it. `npm run build` does that together with the server;
// `npx vite web` serves it with hot reloading beside a server on port 4000.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = 'http://127.0.0.1:4000';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // From here on browsers have light-dark() themselves.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What it is made of is told in package-lock.json.
    license: false,
  },
  server: { proxy: { '/graphql': { target: server, ws: true }, '/dev': server } },
});
