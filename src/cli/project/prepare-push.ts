import { dirname } from 'node:path';
import { SegflowError } from '../../core/errors.ts';
import type { Bundle, Problem } from '../../engine/ports/manifest.ts';
import { loadDotenvInto } from '../connect/dotenv.ts';

export interface PreparedPush {
  /** Absolute path of the config. */
  path: string;
  code: string;
  /** The environment variables the code reads, with their values here. */
  environment: Record<string, string>;
  /** Those of them that are not set here. */
  missing: string[];
  /** What does not keep the config from being pushed. */
  warnings: Problem[];
}

/**
 * Compiles the config and looks it over before any server is asked. Variables of the `.env` beside the config, then of the one in
 * `folder`, are set in this process where they are not set. Throws `config_not_found`, or `invalid_config` with every problem.
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
  // What is missing here may be set on the server, which looks the config over with its own values and has the last word.
  const wrong = bundled.problems.length > 0;
  const bundle = { id: bundled.id, code: bundled.code, environment: values };
  const found = wrong || missing.length === 0 ? await check(bundle, { loads: !wrong }) : [];
  const problems = [...bundled.problems, ...found];
  if (problems.length > 0) throw invalidConfig(problems);
  return { path, code: bundled.code, environment: values, missing, warnings: bundled.warnings };
}

// --- internal ---

/** What is wrong with the meaning of the config. One that may not load for reasons already found (`loads: false`) says nothing of that. */
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
