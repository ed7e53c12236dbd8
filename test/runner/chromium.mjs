// A Chromium for the tests that look at pages.
import { aptInstall, findProgram } from './apt.mjs';

/** Path of a Chromium, installed if need be. Throws with the reason there is none. */
export async function prepareChromium(log) {
  const find = () =>
    process.env.CHROMIUM_PATH || findProgram('chromium', 'chromium-browser', 'google-chrome');
  if (!find()) await aptInstall(['chromium'], log);
  const path = find();
  if (!path) throw new Error('Debian’s chromium package was installed, but no chromium is on the PATH');
  return path;
}
