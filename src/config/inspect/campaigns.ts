import { messageOf } from '../../core/errors.ts';
import type { Inspection } from '../../engine/ports/manifest.ts';
import { startFlow } from '../../flow/activation/flow-rules.ts';
import { SAMPLE_USER } from '../sample.ts';
import { describeValue, isRecord } from '../value-kinds.ts';
import { campaignOptions, OPTIONS } from './campaign-options.ts';
import { type FlowLiteral, literalsInFlow, unyieldedInFlow } from './flow-literals.ts';
import { nameList } from './ids.ts';
import { listed, type Path, type Report, suggest } from './report.ts';

type InspectedCampaign = Inspection['manifest']['campaigns'][number];

/** Ids of the config's other definitions. */
export interface KnownIds {
  segments: string[];
  templates: string[];
  transactions: string[];
  campaigns: string[];
}

export async function inspectCampaigns(
  entries: [string, unknown][],
  known: KnownIds,
  report: Report,
): Promise<InspectedCampaign[]> {
  const campaigns: InspectedCampaign[] = [];
  for (const [id, value] of entries) {
    const campaign = await report.guard(['campaigns', id], () => inspectCampaign(id, value, known, report));
    if (campaign) campaigns.push(campaign);
  }
  return campaigns;
}

// --- internal ---

const SAMPLE_CONTEXT = { id: 'sample', attributes: SAMPLE_USER, entry: 1, event: null, state: null };
const FLOW = "Write flow: function* (ctx, rt) { yield rt.sendEmail('…'); }.";

async function inspectCampaign(
  id: string,
  value: unknown,
  known: KnownIds,
  report: Report,
): Promise<InspectedCampaign | undefined> {
  const path = ['campaigns', id];
  if (!isRecord(value)) {
    report.add(path, `expected a campaign, got ${describeValue(value)}`);
    return undefined;
  }
  report.unknownKeys(path, value, ['segments', 'excludeSegments', 'behavior', ...OPTIONS, 'flow']);
  const list = { what: 'segment', known: known.segments };
  const segments = segmentsOf(value.segments, [...path, 'segments'], list, report);
  const excludeSegments =
    value.excludeSegments === undefined
      ? []
      : nameList(value.excludeSegments, [...path, 'excludeSegments'], report, list);
  excludeSegments.forEach((name, index) => {
    if (segments.includes(name)) {
      report.add(
        [...path, 'excludeSegments', index],
        `"${name}" is among the campaign's segments too, so nobody could enter`,
      );
    }
  });
  const behavior = behaviorOf(value.behavior, [...path, 'behavior'], report);
  const options = campaignOptions(value, { path, segments: known.segments, behavior }, report);
  await checkFlow(value.flow, [...path, 'flow'], known, report);
  return behavior && { id, segments, excludeSegments, behavior, ...options };
}

function segmentsOf(
  value: unknown,
  path: Path,
  list: { what: string; known: string[] },
  report: Report,
): string[] {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    const message = value === undefined ? 'is missing' : 'is empty';
    report.add(path, `${message}: a campaign needs at least one segment`, listed('segments', list.known));
    return [];
  }
  return nameList(value, path, report, list);
}

function behaviorOf(value: unknown, path: Path, report: Report): 'static' | 'dynamic' | undefined {
  if (value === 'static' || value === 'dynamic') return value;
  const rule = "'static': once, to the end. 'dynamic': out as soon as the user stops qualifying.";
  const hint = typeof value === 'string' ? suggest(value.toLowerCase(), ['static', 'dynamic'], rule) : rule;
  report.add(
    path,
    value === undefined ? 'is missing' : `expected 'static' or 'dynamic', got ${describeValue(value)}`,
    hint,
  );
  return undefined;
}

async function checkFlow(value: unknown, path: Path, known: KnownIds, report: Report): Promise<void> {
  if (typeof value !== 'function') {
    report.add(
      path,
      value === undefined ? 'is missing' : `expected a generator function, got ${describeValue(value)}`,
      FLOW,
    );
    return;
  }
  const tag: unknown = Reflect.get(value, Symbol.toStringTag);
  if (tag === 'AsyncGeneratorFunction' || tag === 'AsyncFunction') {
    const kind = tag === 'AsyncFunction' ? 'an async function' : 'an async generator';
    const hint = `Leave out async: what a flow yields is awaited by Segflow. ${FLOW}`;
    await report.addInCode(path, `is ${kind}; a flow is a plain generator`, { code: value, hint });
    return;
  }
  if (tag !== 'GeneratorFunction') {
    try {
      // A plain function may return the generator of another one.
      startFlow(value, { ...SAMPLE_CONTEXT, enteredAt: new Date(0) });
    } catch (error) {
      const message = `is a plain function; a flow is a generator function (${messageOf(error)})`;
      await report.addInCode(path, message, { code: value, hint: FLOW });
      return;
    }
  }
  const flow = value as (...args: never[]) => unknown;
  for (const { what, id, offset } of literalsInFlow(flow)) {
    const hint = hintFor({ what, id }, known);
    if (hint)
      await report.addInCode(path, `${DOES[what]} "${id}", which is not defined`, {
        code: flow,
        offset,
        hint,
      });
  }
  for (const { method, offset } of unyieldedInFlow(flow)) {
    await report.addInCode(path, `calls rt.${method}(…) without yielding it, which does nothing`, {
      code: flow,
      offset,
      hint: `Write yield rt.${method}(…), or yield* for its result.`,
    });
  }
}

const DOES: Record<FlowLiteral['what'], string> = {
  template: 'sends the template',
  segment: 'asks for the segment',
  campaign: 'starts the campaign',
};

/** A suggestion for an id that is not defined. */
function hintFor({ what, id }: Pick<FlowLiteral, 'what' | 'id'>, known: KnownIds): string | undefined {
  const names = known[`${what}s`];
  if (names.includes(id)) return undefined;
  if (what === 'template' && known.transactions.includes(id)) {
    return 'It is a transaction; a campaign sends templates.';
  }
  return suggest(id, names, listed(`${what}s`, names));
}
