import { durationMs } from '../../core/duration.ts';
import {
  describeArgument,
  durationOption,
  idOption,
  jsonArgument,
  jsonObjectArgument,
  momentArgument,
  nameArgument,
  optionsArgument,
  refuse,
} from './arguments.ts';
import { type AnyStep, isStep, Step } from './commands.ts';
import { checkTimezone, isDaytime } from './daytime.ts';
import type { Runtime, Weekday } from './runtime.ts';
import { variantOf } from './variants.ts';

/** The second argument of flows: checks the arguments of each method and makes the command. */
export const runtime: Runtime = Object.freeze({
  sendEmail(template, options) {
    nameArgument(template, 'sendEmail takes the id of a template');
    if (options === undefined) return new Step('email', {}, { label: template });
    const given = optionsArgument(options, 'sendEmail', ['props', 'subject', 'id']);
    const { props, subject } = given;
    if (subject !== undefined && (typeof subject !== 'string' || subject.trim() === '')) {
      throw refuse(`the subject of sendEmail is a text, got ${describeArgument(subject)}`);
    }
    const detail = {
      ...(props !== undefined && { props: jsonObjectArgument(props, 'the props of sendEmail') }),
      ...(subject !== undefined && { subject }),
    };
    return new Step('email', detail, { label: template, id: idOption(given, 'sendEmail') });
  },

  wait: (duration, options) => waitOf('wait', duration, options),
  sleep: (duration, options) => waitOf('sleep', duration, options),

  sleepUntil(moment, options) {
    const at = momentArgument(moment);
    const id = idOption(optionsArgument(options, 'sleepUntil', ['id']), 'sleepUntil');
    return new Step('until', { at }, { label: null, id });
  },

  waitUntil(when) {
    if (when === undefined) throw refuse('waitUntil takes a time of day', DAYTIME_HINT);
    const given = optionsArgument(when, 'waitUntil', ['time', 'timezone', 'weekdays', 'id']);
    const { time, timezone } = given;
    if (typeof time !== 'string' || !isDaytime(time)) {
      throw refuse(
        `waitUntil takes a time from 00:00 to 23:59 as HH:MM or HH:MM:SS, got ${describeArgument(time)}`,
        DAYTIME_HINT,
      );
    }
    if (timezone !== undefined) {
      if (typeof timezone !== 'string')
        throw refuse(`the timezone of waitUntil is a text, got ${describeArgument(timezone)}`);
      checkTimezone(timezone);
    }
    const weekdays = given.weekdays === undefined ? null : weekdaysOf(given.weekdays);
    const days = weekdays?.map((day) => WEEKDAYS[day - 1]).join(' ');
    const detail = { time, weekdays, timezone: timezone ?? null };
    const label = [time, days, timezone].filter((part) => part !== undefined).join(' ');
    return new Step('daytime', detail, { label, id: idOption(given, 'waitUntil') });
  },

  waitForEvent(name, options) {
    nameArgument(name, 'waitForEvent takes the name of an event');
    const given = optionsArgument(options, 'waitForEvent', ['timeout', 'match', 'id']);
    const detail = {
      name,
      timeoutMs: durationOption(given.timeout, 'the timeout of waitForEvent'),
      match: given.match === undefined ? null : jsonObjectArgument(given.match, 'the match of waitForEvent'),
    };
    return new Step('event', detail, { label: name, id: idOption(given, 'waitForEvent') });
  },

  waitForSegment(segment, options) {
    nameArgument(segment, 'waitForSegment takes the id of a segment');
    const given = optionsArgument(options, 'waitForSegment', ['timeout', 'id']);
    const timeoutMs = durationOption(given.timeout, 'the timeout of waitForSegment');
    const id = idOption(given, 'waitForSegment');
    return new Step('segment', { segment, timeoutMs }, { label: segment, id });
  },

  race(branches, options) {
    const id = idOption(optionsArgument(options, 'race', ['id']), 'race');
    if (typeof branches !== 'object' || branches === null || Array.isArray(branches) || isStep(branches)) {
      throw refuse(`race takes an object of commands by label, got ${describeArgument(branches)}`, RACE_HINT);
    }
    const entries: [string, unknown][] = Object.entries(branches);
    if (entries.length === 0) throw refuse('race needs at least one command', RACE_HINT);
    for (const [label, branch] of entries) {
      nameArgument(label, 'a label of race is a text');
      if (!isStep(branch) || !RACEABLE.has(branch.kind)) {
        const what = isStep(branch) ? `the command "${branch.kind}"` : describeArgument(branch);
        throw refuse(
          `race is between wait, sleepUntil, waitUntil, waitForEvent and waitForSegment; "${label}" is ${what}`,
          RACE_HINT,
        );
      }
    }
    const detail = { branches: entries as [string, AnyStep][] };
    const label = entries
      .map(([name]) => name)
      .sort()
      .join(', ');
    return new Step('race', detail, { label, id });
  },

  inSegment(segment, options) {
    nameArgument(segment, 'inSegment takes the id of a segment');
    const id = idOption(optionsArgument(options, 'inSegment', ['id']), 'inSegment');
    return new Step('member', { segment }, { label: segment, id });
  },

  query(build, options) {
    if (typeof build !== 'function') {
      throw refuse(`query takes a function that builds a SELECT, got ${describeArgument(build)}`);
    }
    const id = idOption(optionsArgument(options, 'query', ['id']), 'query');
    return new Step('query', { build: build as (db: never, userId: string) => unknown }, { label: '', id });
  },

  updateUser(patch, options) {
    const detail = { patch: jsonObjectArgument(patch, 'the patch of updateUser') };
    const id = idOption(optionsArgument(options, 'updateUser', ['id']), 'updateUser');
    const label = Object.keys(detail.patch).sort().join(', ');
    return new Step('update', detail, { label, id, args: detail.patch });
  },

  emit(event, attributes, options) {
    nameArgument(event, 'emit takes the name of an event');
    const detail = {
      name: event,
      attributes: attributes === undefined ? {} : jsonObjectArgument(attributes, 'the attributes of emit'),
    };
    return new Step('emit', detail, {
      label: event,
      id: idOption(optionsArgument(options, 'emit', ['id']), 'emit'),
    });
  },

  startCampaign(campaign, options) {
    nameArgument(campaign, 'startCampaign takes the id of a campaign');
    const id = idOption(optionsArgument(options, 'startCampaign', ['id']), 'startCampaign');
    return new Step('start', { campaignId: campaign }, { label: campaign, id });
  },

  run(id, work, options) {
    nameArgument(id, 'run takes an id for the step');
    if (typeof work !== 'function') {
      throw refuse(
        `run takes a function, got ${describeArgument(work)}`,
        "Write rt.run('notify', async () => { … }).",
      );
    }
    const { retries = DEFAULT_RETRIES, timeout } = optionsArgument(options, 'run', ['retries', 'timeout']);
    if (!isCount(retries) || retries > MAX_RETRIES) {
      throw refuse(
        `the retries of run are a whole number from 0 to ${MAX_RETRIES}, got ${describeArgument(retries)}`,
      );
    }
    const timeoutMs = durationOption(timeout, 'the timeout of run') ?? DEFAULT_RUN_MS;
    if (timeoutMs < 1 || timeoutMs > MAX_RUN_MS) {
      throw refuse(`the timeout of run is from 1 ms to ${MAX_RUN_MS / 1000} s, got ${timeoutMs} ms`);
    }
    return new Step('run', { work, retries, timeoutMs }, { label: id });
  },

  now: () => new Step('inline', { answer: ({ now }) => new Date(now) }, { label: 'now' }),
  random: () => new Step('inline', { answer: () => Math.random() }, { label: 'random' }),
  uuid: () => new Step('inline', { answer: () => crypto.randomUUID() }, { label: 'uuid' }),

  variant<const L extends string>(name: string, weights: Readonly<Record<L, number>>) {
    nameArgument(name, 'variant takes the name of an experiment');
    const hint = `Write for example rt.variant(${JSON.stringify(name)}, { a: 50, b: 50 }).`;
    if (typeof weights !== 'object' || weights === null || Array.isArray(weights)) {
      throw refuse(`variant takes an object of weights by label, got ${describeArgument(weights)}`, hint);
    }
    const copy: Record<string, number> = { ...weights };
    for (const [label, weight] of Object.entries(copy)) {
      if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0) {
        throw refuse(
          `the weight of the variant "${label}" is a number from 0, got ${describeArgument(weight)}`,
          hint,
        );
      }
    }
    if (!Object.values(copy).some((weight) => weight > 0)) {
      throw refuse('variant needs a label with a weight above 0', hint);
    }
    // The labels are the given ones.
    const answer = ({ userId }: { userId: string }) => variantOf(userId, name, copy) as L;
    return new Step<L, 'inline'>('inline', { answer, experiment: name }, { label: `variant ${name}` });
  },

  exit(reason) {
    if (
      typeof reason !== 'string' ||
      reason.trim() === '' ||
      reason.length > MAX_REASON ||
      !reason.isWellFormed()
    ) {
      throw refuse(`exit takes a reason (1 to ${MAX_REASON} characters), got ${describeArgument(reason)}`);
    }
    return new Step('exit', { reason }, { label: reason });
  },

  continueAsNew(state = null) {
    return new Step('again', { state: jsonArgument(state, 'the state of continueAsNew') }, { label: '' });
  },

  patched(id) {
    nameArgument(id, 'patched takes the id of a change');
    return new Step('patch', null, { label: id });
  },
} satisfies Runtime);

// --- internal ---

const WEEKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAYTIME_HINT = "Write for example rt.waitUntil({ time: '09:00', weekdays: ['mon', 'fri'] }).";
const RACE_HINT =
  "Write for example rt.race({ bought: rt.waitForEvent('purchase'), late: rt.wait({ days: 3 }) }).";
const RACEABLE: ReadonlySet<string> = new Set(['wait', 'until', 'daytime', 'event', 'segment']);
const DEFAULT_RETRIES = 5;
const MAX_RETRIES = 20;
const DEFAULT_RUN_MS = 10_000;
const MAX_RUN_MS = 60_000;
const MAX_REASON = 500;

function waitOf(command: string, duration: unknown, options: unknown): Step<void, 'wait'> {
  const ms = durationMs(duration as Parameters<typeof durationMs>[0]);
  const id = options === undefined ? null : idOption(optionsArgument(options, command, ['id']), command);
  return new Step('wait', { ms }, { label: null, id });
}

/** Days by number, each once and in order. */
function weekdaysOf(value: unknown): number[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw refuse(
      `the weekdays of waitUntil are a list with at least one, got ${describeArgument(value)}`,
      DAYTIME_HINT,
    );
  }
  const days = value.map((name: unknown) => {
    const index = WEEKDAYS.indexOf(name as Weekday);
    if (index < 0) {
      throw refuse(`a weekday is one of ${WEEKDAYS.join(', ')}, got ${describeArgument(name)}`, DAYTIME_HINT);
    }
    return index + 1;
  });
  return [...new Set(days)].sort((a, b) => a - b);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
