import { inspectConfig } from '../config/inspect/inspect.ts';
import { SegflowError } from '../core/errors.ts';
import type { Inspection } from '../engine/ports/manifest.ts';

/**
 * Reads the definitions of a config without rendering its emails. Throws `invalid_config` with all
 * problems as `details`.
 */
export async function inspectForSimulation(config: unknown, at: number): Promise<Inspection> {
  const { inspection, problems } = await inspectConfig(withoutProvider(config), at, { render: false });
  if (problems.length === 0 && inspection) return inspection;
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  throw new SegflowError('invalid_config', `the config has ${count}; nothing was simulated`, {
    details: problems,
  });
}

// --- internal ---

/** Nothing is sent, so a key that is missing in the test environment is not a problem. */
function withoutProvider(config: unknown): unknown {
  if (typeof config !== 'object' || config === null || !('emailProvider' in config)) return config;
  const { emailProvider } = config;
  if (typeof emailProvider !== 'object' || emailProvider === null) return config;
  return { ...config, emailProvider: { ...emailProvider, config: { name: 'file' } } };
}
