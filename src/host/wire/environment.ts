import type { Bundle } from '../../engine/ports/manifest.ts';

type Environment = Record<string, string | undefined>;

/** What a child is given of the server's environment. The rest may hold secrets of the server's. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
const FIXED = { TZ: 'UTC', NODE_ENV: 'production' };

/** A child's environment before it has loaded a bundle. */
export function baseEnvironment(server: Environment): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => (server[name] === undefined ? [] : [[name, server[name]]]));
  return { ...(Object.fromEntries(passed) as Record<string, string>), ...FIXED };
}

/**
 * The variables captured when the bundle was pushed; one set on the server itself has precedence. NODE_ENV is the server's
 * alone, `production` unless it says otherwise: code that was pushed from a developer's machine does not run in development.
 */
export function bundleEnvironment(bundle: Bundle, server: Environment): Record<string, string> {
  const captured = Object.entries(bundle.environment).map(([name, value]) => [name, server[name] ?? value]);
  return { ...Object.fromEntries(captured), NODE_ENV: server.NODE_ENV ?? FIXED.NODE_ENV };
}

/**
 * Makes `process.env` the base and the bundle's variables, in a child. Bun puts the variables of a `.env` file in the working
 * folder into the environment on its own accord: those go too.
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
