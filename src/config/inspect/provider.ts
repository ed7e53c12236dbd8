import { parseSender } from '../../email/address.ts';
import type { ProviderSettings } from '../../engine/ports/manifest.ts';
import { describeValue, isRecord } from '../value-kinds.ts';
import { keyVariable } from './key-variable.ts';
import { type Path, type Report, suggest } from './report.ts';

const KEYS = {
  postmark: ['name', 'apiKey', 'url', 'messageStream', 'transactionalStream'],
  file: ['name', 'directory'],
} as const;
const NAMES = Object.keys(KEYS);

/**
 * The config's emailProvider; undefined when it is wrong, which is reported.
 * @param source the config's code, if available: hints name the variable with the key.
 */
export function inspectProvider(
  value: unknown,
  report: Report,
  source: string | undefined,
): ProviderSettings | undefined {
  const path = ['emailProvider'];
  if (!isRecord(value)) {
    report.add(
      path,
      value === undefined ? 'is missing' : `expected an object, got ${describeValue(value)}`,
      "Write emailProvider: { config: { name: 'postmark', apiKey: … }, fromAddress: 'hello@example.com' }.",
    );
    return undefined;
  }
  const before = report.problems.length;
  report.unknownKeys(path, value, ['config', 'fromAddress', 'replyTo']);
  const config = inspectSettings(value.config, report, source);
  checkSender(value.fromAddress, [...path, 'fromAddress'], report);
  if (value.replyTo !== undefined) checkSender(value.replyTo, [...path, 'replyTo'], report);
  if (report.problems.length > before || !config) return undefined;
  return {
    config,
    fromAddress: value.fromAddress as string,
    ...(value.replyTo !== undefined && { replyTo: value.replyTo as string }),
  };
}

// --- internal ---

function inspectSettings(
  value: unknown,
  report: Report,
  source: string | undefined,
): ProviderSettings['config'] | undefined {
  const path = ['emailProvider', 'config'];
  if (!isRecord(value)) {
    report.add(
      path,
      value === undefined ? 'is missing' : `expected an object, got ${describeValue(value)}`,
      "Write config: { name: 'postmark', apiKey: process.env.POSTMARK_API_KEY! }.",
    );
    return undefined;
  }
  const { name } = value;
  if (name !== 'postmark' && name !== 'file') {
    const known = `The providers are: ${NAMES.join(', ')}.`;
    if (typeof name === 'string') {
      report.add([...path, 'name'], `unknown provider "${name}"`, suggest(name.toLowerCase(), NAMES, known));
    } else {
      report.add([...path, 'name'], `expected the name of a provider, got ${describeValue(name)}`, known);
    }
    return undefined;
  }
  report.unknownKeys(path, value, KEYS[name]);
  for (const key of KEYS[name]) {
    if (key === 'name' || key === 'apiKey') continue;
    const text = value[key];
    if (text !== undefined && (typeof text !== 'string' || text === '')) {
      report.add([...path, key], `expected a text, got ${describeValue(text)}`);
    }
  }
  if (name === 'postmark') {
    checkApiKey(value.apiKey, [...path, 'apiKey'], { report, source });
    checkUrl(value.url, [...path, 'url'], report);
  }
  const given = Object.entries(value).filter(([, setting]) => setting !== undefined);
  return Object.fromEntries(given) as ProviderSettings['config'];
}

function checkApiKey(
  value: unknown,
  path: Path,
  { report, source }: { report: Report; source: string | undefined },
): void {
  if (typeof value === 'string' && value.trim() !== '') {
    if (/[^\x21-\x7e]/.test(value)) {
      report.add(path, 'holds a space, a line break or a character that no key has', 'Copy the key again.');
    }
    return;
  }
  const variable = source === undefined ? undefined : keyVariable(source);
  const what =
    value === undefined
      ? 'is undefined'
      : value === ''
        ? 'is empty'
        : `expected a text, got ${describeValue(value)}`;
  report.add(
    path,
    value === undefined || value === ''
      ? `${what}: the environment variable ${variable ?? 'it comes from'} is not set`
      : what,
    `Set it where you push from, in the environment or in the .env file beside the config: ${variable ?? 'POSTMARK_API_KEY'}=…`,
  );
}

function checkUrl(value: unknown, path: Path, report: Report): void {
  if (typeof value !== 'string' || value === '') return;
  const url = URL.parse(value);
  if (!url || !/^https?:$/.test(url.protocol)) {
    report.add(path, `expected an http or https URL, got ${describeValue(value)}`);
  }
}

function checkSender(value: unknown, path: Path, report: Report): void {
  if (parseSender(value)) return;
  if (value === undefined) {
    const hint =
      "Write for example 'hello@example.com'. If it comes from an environment variable, set it where you push from.";
    report.add(path, 'is missing', hint);
    return;
  }
  report.add(
    path,
    `expected one email address, got ${describeValue(value)}`,
    "Write 'hello@example.com' or 'Example <hello@example.com>'.",
  );
}
