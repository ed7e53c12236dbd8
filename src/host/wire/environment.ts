import type { Bundle } from '../../engine/ports/manifest.ts';

type Environment = Record<string, string | undefined>;

/**
 * The part of the server's environment that a child gets. The rest may contain the server's
 * secrets.
 */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
const FIXED = { TZ: 'UTC', NODE_ENV: 'production' };

/** A child's environment before any bundle is loaded. */
export function baseEnvironment(server: Environment): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => (server[name] === undefined ? [] : [[name, server[name]]]));
  return { ...(Object.fromEntries(passed) as Record<string, string>), ...FIXED };
}

/**
 * The variables captured when the bundle was pushed; a variable set on the server takes precedence.
 * NODE_ENV always comes from the server and defaults to `production`: code pushed from a
 * developer's machine does not run in development mode.
 */
export function bundleEnvironment(bundle: Bundle, server: Environment): Record<string, string> {
  const captured = Object.entries(bundle.environment).map(([name, value]) => [name, server[name] ?? value]);
  return { ...Object.fromEntries(captured), NODE_ENV: server.NODE_ENV ?? FIXED.NODE_ENV };
}

/**
 * In a child, sets `process.env` to the base plus the bundle's variables. Bun automatically loads a
 * `.env` file in the working folder; those variables are removed as well.
 */
export function applyEnvironment(bundle: Record<string, string>): void {
  const base = [...PASSED_ON, ...Object.keys(FIXED)];
  for (const name of Object.keys(process.env)) {
    if (!base.includes(name) && !Object.hasOwn(bundle, name)) delete process.env[name];
  }
  for (const [name, value] of Object.entries(bundle)) {
    if (process.env[name] !== value) process.env[name] = value;
  }
}
