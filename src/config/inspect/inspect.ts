import { hash53 } from '../../core/hash.ts';
import type { Inspection, Problem } from '../../engine/ports/manifest.ts';
import { describeValue, isPromise, isRecord } from '../value-kinds.ts';
import { inspectCampaigns } from './campaigns.ts';
import { sectionEntries } from './ids.ts';
import { inspectProvider } from './provider.ts';
import { type Locate, Report } from './report.ts';
import { inspectSegments } from './segments.ts';
import { inspectTemplates, inspectTransactions } from './templates.ts';

const SECTIONS = ['emailProvider', 'templates', 'segments', 'campaigns', 'transactions', 'push'];

/**
 * Checks a config, the default export of its file: returns what it defines, or everything that is
 * wrong with it at once. It calls the config's code: evaluators, subjects, components.
 * @param at the time for which the segments' queries are built, epoch milliseconds.
 * @param locate finds the source place of an error that the config's code threw; without it,
 * problems have no place.
 * @param render false: components are checked but not rendered.
 * @param source the code that made the config, for hints.
 */
export async function inspectConfig(
  config: unknown,
  at: number,
  { locate, render = true, source }: { locate?: Locate; render?: boolean; source?: string } = {},
): Promise<{ inspection?: Inspection; problems: Problem[] }> {
  const report = new Report(locate);
  if (!isRecord(config)) {
    report.add([], notAConfig(config), 'End the file with: export default config;');
    return { problems: report.problems };
  }
  report.unknownKeys([], config, SECTIONS);
  const templateEntries = sectionEntries(config, 'templates', report);
  const segmentEntries = sectionEntries(config, 'segments', report);
  const campaignEntries = sectionEntries(config, 'campaigns', report);
  const transactionEntries = sectionEntries(config, 'transactions', report);
  const known = {
    segments: segmentEntries.map(([id]) => id),
    templates: templateEntries.map(([id]) => id),
    transactions: transactionEntries.map(([id]) => id),
    campaigns: campaignEntries.map(([id]) => id),
  };

  const confirm = confirmOf(config.push, report);
  const provider = await report.guard(['emailProvider'], () =>
    inspectProvider(config.emailProvider, report, source),
  );
  const renderer = render ? (await import('../../email/render.ts')).renderEmail : undefined;
  const contentHashes = { templates: {}, transactions: {}, campaigns: flowHashes(campaignEntries) };
  const templates = await inspectTemplates(templateEntries, renderer, report, contentHashes.templates);
  const segments = await inspectSegments(segmentEntries, at, report);
  const campaigns = await inspectCampaigns(campaignEntries, known, report);
  const transactions = await inspectTransactions(
    transactionEntries,
    renderer,
    report,
    contentHashes.transactions,
  );

  if (report.problems.length > 0 || !provider) return { problems: report.problems };
  return {
    inspection: {
      manifest: { templates, segments, campaigns, transactions, confirm, contentHashes },
      provider,
    },
    problems: [],
  };
}

// --- internal ---

/** From the flows' own source only; functions that they call elsewhere are not included. */
function flowHashes(campaigns: [string, unknown][]): Record<string, string> {
  return Object.fromEntries(
    campaigns.map(([id, value]) => [id, hash53(isRecord(value) ? String(value.flow) : '')]),
  );
}

function confirmOf(value: unknown, report: Report): boolean {
  if (value === undefined) return false;
  const hint = 'Write push: { confirm: true }.';
  if (!isRecord(value)) {
    report.add(['push'], `expected an object, got ${describeValue(value)}`, hint);
    return false;
  }
  report.unknownKeys(['push'], value, ['confirm']);
  const { confirm = false } = value;
  if (typeof confirm !== 'boolean') {
    report.add(['push', 'confirm'], `expected true or false, got ${describeValue(confirm)}`, hint);
  }
  return confirm === true;
}

function notAConfig(value: unknown): string {
  if (value === undefined) return 'the file has no default export';
  if (isPromise(value)) return 'the default export is a promise; expected the config itself';
  return `the default export is ${describeValue(value)}; expected the config, an object`;
}
