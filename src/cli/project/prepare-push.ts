import { dirname } from 'node:path';
import { SegflowError } from '../../core/errors.ts';
import type { Bundle, Problem } from '../../engine/ports/manifest.ts';
import { loadDotenvInto } from '../connect/dotenv.ts';

export interface PreparedPush {
  /** Absolute path of the config. */
  path: string;
  code: string;
  /** The environment variables that the code reads, with their values here. */
  environment: Record<string, string>;
  /** The variables among them that are not set here. */
  missing: string[];
  /** Warnings, which do not prevent the push. */
  warnings: Problem[];
}

/**
 * Compiles and checks the config before any request to a server. Variables from the `.env` beside
 * the config, then from the one in `folder`, are set in this process if they are unset. Throws
 * `config_not_found`, or `invalid_config` with every problem.
 */
export async function preparePush(given: string | undefined, folder: string): Promise<PreparedPush> {
  const [{ findConfig }, { bundleConfig }, { captureEnvironment }] = await Promise.all([
    import('../../config/find.ts'),
    import('../../config/bundle/bundle.ts'),
    import('../../config/environment.ts'),
  ]);
  const path = findConfig(given, folder);
  const bundled = await bundleConfig(path);
  if (bundled.code === '') throw invalidConfig(bundled.problems);

  await loadDotenvInto(process.env, [dirname(path), folder]);
  const { values, missing } = captureEnvironment(bundled.environmentNames);
  // Variables that are missing here may be set on the server, which checks the config with its own
  // values and decides.
  const wrong = bundled.problems.length > 0;
  const bundle = { id: bundled.id, code: bundled.code, environment: values };
  const found = wrong || missing.length === 0 ? await check(bundle, { loads: !wrong }) : [];
  const problems = [...bundled.problems, ...found];
  if (problems.length > 0) throw invalidConfig(problems);
  return { path, code: bundled.code, environment: values, missing, warnings: bundled.warnings };
}

// --- internal ---

/**
 * Finds the semantic problems of the config. A config that may not load because of problems already
 * found (`loads: false`) yields none.
 */
async function check(bundle: Bundle, { loads }: { loads: boolean }): Promise<Problem[]> {
  const { checkConfig } = await import('./check-config.ts');
  const problems = await checkConfig(bundle);
  return loads ? problems : problems.filter(({ path, file }) => path !== '' && path !== file);
}

function invalidConfig(problems: Problem[]): SegflowError {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new SegflowError('invalid_config', `the config has ${count}; nothing was pushed`, {
    details: problems,
  });
}
