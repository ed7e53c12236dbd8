import type { Journey, RunItem } from '../../src/protocol/api.ts';
import type { Accepted } from '../helpers/postmark-messages.ts';
import type { Done } from './person.ts';
import type { Attributes } from './plan.ts';

/*
 * What must have been sent, told from what was acknowledged and nothing else.
 *
 * Only one thing is left open: whether a person who came to qualify for a dynamic campaign and ceased to again was evaluated in
 * between, and how far the flow came until the leaving was. There the number of mails has bounds, and nowhere else.
 */

/** The trace of each campaign's flow when nothing disturbs it: one line a step. */
export type Traces = Map<string, string[]>;

export interface Person {
  id: string;
  done: Done[];
  journey: Journey;
  /** What Postmark took for this person, in order. */
  mail: Accepted[];
}

/** Everything about the person that is not as it must be; empty when all is well. */
export function findFaults(person: Person, traces: Traces): string[] {
  const faults = [
    ...stored(person),
    ...sentOnce(person),
    ...dynamic(person, 'members', MEMBER),
    ...dynamic(person, 'trials', TRIAL),
    ...person.journey.runs.flatMap((run) => traced(run, traces)),
    ...asRecorded(person),
  ];
  return faults.map((fault) => `${person.id}: ${fault}`);
}

/** One line a step of a run; what differs from run to run, such as ids, is left out. */
export function traceOf(run: RunItem): string[] {
  return run.steps.map(({ kind, key, result }) => {
    const status = (result as { status?: string } | null | undefined)?.status;
    return [kind, key, result === undefined ? '…' : (status ?? 'done')].join(' ');
  });
}

// --- internal ---

const MEMBER = { templates: ['member-1', 'member-2', 'member-3'], qualifies: ({ member }: Known) => member };
const TRIAL = {
  templates: ['trial-1', 'trial-2'],
  qualifies: ({ trial, spent }: Known) => trial && spent <= 100,
};
/** A message that was on its way when its person left arrives all the same, this much later at most. */
const ON_ITS_WAY_MS = 1_500;

interface Known {
  member: boolean;
  trial: boolean;
  spent: number;
}

/** What is known of the person after each action. */
function history({ done }: Person): Known[] {
  const known: Known = { member: false, trial: false, spent: 0 };
  return done.map(({ action }) => {
    if (action.kind === 'user') Object.assign(known, action.attributes);
    else if (action.name === 'purchase') known.spent += action.value;
    return { ...known };
  });
}

function stored({ done, journey }: Person): string[] {
  // What the flow of the campaign "effects" does about everyone.
  const attributes: Attributes & { touched: boolean } = { touched: true };
  const events: string[] = ['touched 0'];
  for (const { action } of done) {
    if (action.kind === 'user') Object.assign(attributes, action.attributes);
    else events.push(`${action.name} ${action.number}`);
  }
  const found = journey.events.map(({ name, attributes: { number } }) => `${name} ${number}`);
  return [
    ...differences('attributes', Object.entries(attributes), Object.entries(journey.attributes)),
    ...differences('events', events, found),
  ];
}

/** Mail whose number leaves no choice. */
function sentOnce(person: Person): string[] {
  const { done, mail } = person;
  const spent = history(person).at(-1)?.spent ?? 0;
  const expected = ['journey 1', 'journey 2', 'journey 3', 'loop', 'loop', 'loop'];
  expected.push('effects 1', 'effects 2', 'started', 'waited');
  if (spent > 100) expected.push('buyer 1', 'buyer 2');
  for (const { action } of done) {
    if (action.kind === 'event' && action.name === 'purchase') expected.push(`Receipt ${action.number}`);
  }
  const subjects = mail.map(({ message }) => message.Subject ?? '');
  return differences(
    'mail',
    expected,
    subjects.filter((subject) => !/^(member|trial) /.test(subject)),
  );
}

function dynamic(
  person: Person,
  campaign: string,
  { templates, qualifies }: { templates: string[]; qualifies: (known: Known) => boolean },
): string[] {
  const states = history(person).map(qualifies);
  const phases = states.filter((state, index) => state && !states[index - 1]).length;
  const stays = states.at(-1) ?? false;
  const runs = person.journey.runs.filter((run) => run.campaign === campaign);
  const counts = templates.map((tag) => person.mail.filter(({ message }) => message.Tag === tag).length);
  const faults: string[] = [];
  const least = stays ? 1 : 0;
  if (runs.length < least || runs.length > phases) {
    faults.push(`entered ${campaign} ${runs.length} times, expected ${least} to ${phases}`);
  }
  counts.forEach((count, index) => {
    const most = index === 0 ? runs.length : counts[index - 1]!;
    if (count < least || count > most) {
      faults.push(`got ${templates[index]} ${count} times, expected ${least} to ${most}`);
    }
  });
  if (stays && runs.every(({ status }) => status !== 'completed')) faults.push(`never completed ${campaign}`);
  const seen = person.done.filter(({ changes }) => changes?.campaigns.entered.includes(campaign)).length;
  if (runs.length < seen) faults.push(`${runs.length} runs of ${campaign}, but entered it ${seen} times`);
  return [...faults, ...mailAfterLeaving(person, states, { campaign, templates })];
}

/** Once a client was told that the person left, nothing more is sent until the person may have come back. */
function mailAfterLeaving(
  { done, mail }: Person,
  states: boolean[],
  { campaign, templates }: { campaign: string; templates: string[] },
): string[] {
  return done.flatMap(({ acknowledgedAt, changes }, index) => {
    if (states[index] || !changes?.campaigns.left.includes(campaign)) return [];
    const back = done.find((_, later) => later > index && states[later])?.askedAt ?? Number.POSITIVE_INFINITY;
    return mail
      .filter(({ message }) => templates.includes(message.Tag ?? ''))
      .filter(({ acceptedAt }) => acceptedAt > acknowledgedAt + ON_ITS_WAY_MS && acceptedAt < back)
      .map(
        ({ message, acceptedAt }) =>
          `got ${message.Tag} ${acceptedAt - acknowledgedAt} ms after leaving ${campaign}`,
      );
  });
}

/** A run that ended well has the undisturbed trace; one that was cancelled has the beginning of it. */
function traced(run: RunItem, traces: Traces): string[] {
  const name = `run ${run.entry} of ${run.campaign}`;
  const whole = traces.get(run.campaign);
  if (!whole) return [`${name}: unknown campaign`];
  const trace = traceOf(run);
  if (run.status === 'completed') return differences(`trace of ${name}`, whole, trace, 'in order');
  if (run.status !== 'cancelled') return [`${name} is ${run.status}: ${run.reason ?? ''}`];
  if (run.campaign !== 'members' && run.campaign !== 'trials') return [`${name} was cancelled`];
  // What it was at when it was cancelled may be unfinished.
  const steps = (lines: string[]) => lines.map((line) => line.split(' ').slice(0, -1).join(' '));
  const finished = trace.slice(0, -1);
  return [
    ...differences(`trace of ${name}`, steps(whole).slice(0, trace.length), steps(trace), 'in order'),
    ...differences(`trace of ${name}`, whole.slice(0, finished.length), finished, 'in order'),
  ];
}

/** What the ledger says was sent is what Postmark took. */
function asRecorded({ journey, mail }: Person): string[] {
  const sent = journey.messages.filter(({ status }) => status === 'sent').map(({ id }) => id);
  const other = journey.messages.filter(({ status }) => status !== 'sent' && status !== 'skipped');
  return [
    ...differences(
      'messages sent, by id',
      mail.map(({ message }) => message.Metadata?.['segflow-message'] ?? ''),
      sent,
    ),
    ...other.map(({ id, status, reason }) => `message ${id} is ${status}: ${reason ?? ''}`),
  ];
}

function differences(
  what: string,
  expected: readonly unknown[],
  found: readonly unknown[],
  order?: 'in order',
): string[] {
  const texts = (list: readonly unknown[]) => {
    const all = list.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
    return order ? all : all.sort();
  };
  const [a, b] = [texts(expected), texts(found)];
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  const missing = without(a, b);
  const extra = without(b, a);
  if (missing.length + extra.length === 0) return [`${what} in another order: ${b.join(', ')}`];
  return [
    ...(missing.length > 0 ? [`${what} lost: ${missing.join(', ')}`] : []),
    ...(extra.length > 0 ? [`${what} too many: ${extra.join(', ')}`] : []),
  ];
}

/** The items of `list` that are left when each of `others` takes one away. */
function without(list: string[], others: string[]): string[] {
  const left = [...list];
  for (const item of others) {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}
