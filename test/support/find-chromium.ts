// Where the browser of the browser tests is; test/support/setup.sh installs it and looks in the same places.
import { accessSync, constants } from 'node:fs';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The path that was asked for, or the first of the usual places; throws a sentence that says what to do. */
export function findChromium(wanted: string | undefined): string {
  const path = (wanted ? [wanted] : usualPlaces).find(isExecutable);
  if (path) return path;
  throw new Error(
    wanted
      ? `The tests need Chromium, and CHROMIUM_PATH names "${wanted}", which is no program that can be run. ` +
          'Correct it, or unset it and let `npm run test:setup` install Chromium.'
      : `The tests need Chromium, and it is at none of ${usualPlaces.join(', ')}. ` +
          'Install it with `npm run test:setup`, or name the one you have in CHROMIUM_PATH.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
