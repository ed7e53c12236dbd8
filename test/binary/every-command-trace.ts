import { expect } from 'bun:test';
import type { Journey, Status } from '../../src/protocol/api.ts';
import type { ExplainedCampaign, Explanation } from '../../src/protocol/explain.ts';
import type { Postmark } from '../helpers/postmark.ts';
import type { Serve } from '../helpers/serve.ts';

/** Where people leave their traces. */
export interface Observed {
  people: string[];
  postmark: Postmark;
  /** What the hook was called with: the user and the idempotency key. */
  hooked: { userId: string; key: string }[];
}

/** What happened to each person, without what differs from one instance to the next: times, numbers and ids it gave, what chance gave. */
export interface Trace {
  people: Record<string, PersonTrace>;
  messages: Status['messages'];
  ledger: Status['ledger'];
}

interface PersonTrace {
  attributes: unknown;
  segments: string[];
  events: string[];
  /** What `segflow explain --json` says of each campaign: conditions, runs, their steps and results. */
  campaigns: ExplainedCampaign[];
  /** By tag, in the order in which they were accepted. */
  mails: Record<string, { subject: string; stream: string; props: unknown }[]>;
}

/**
 * Reads the trace, having checked what it leaves out: what chance gave is the same wherever it was told, and ids lead to what they
 * name.
 */
export async function traceOf(world: Observed, server: Serve): Promise<Trace> {
  const people: Record<string, PersonTrace> = {};
  for (const id of world.people) people[id] = await personTrace(world, server, id);
  const { messages, ledger } = await server.json<Status>('GET', '/v1/status');
  return { people, messages, ledger };
}

// --- internal ---

/** A failing campaign is none of theirs. */
const BESIDES = 'breaking';
const TIMES = ['at', 'createdAt', 'enteredAt', 'endedAt', 'since', 'until', 'now'];
const IDS = ['id', 'messageId', 'idempotencyKey', 'deployment'];
const CHANCE = ['random', 'uuid'];
const LEFT_OUT = new Set([...TIMES, ...IDS, ...CHANCE]);

interface Drawn {
  first: { now: string; random: number; uuid: string };
  second?: { random: number; uuid: string };
}

async function personTrace(world: Observed, server: Serve, id: string): Promise<PersonTrace> {
  // As `segflow explain --json` prints it.
  const explanation = await server.json<Explanation>('GET', `/v1/users/${id}/explain`);
  const journey = await server.json<Journey>('GET', `/v1/users/${id}`);
  const mails = world.postmark.to(`${id}@example.com`).map((message) => ({
    tag: message.Tag!,
    messageId: message.Metadata!['segflow-message']!,
    mail: { subject: message.Subject!, stream: message.MessageStream!, props: JSON.parse(message.TextBody!) },
  }));
  expectIds(explanation, journey, mails);
  expectChance(journey, mails);
  const hooked = mails.flatMap(({ tag, mail }) => (tag === 'acts' ? [mail.props.hook.idempotencyKey] : []));
  expect([...new Set(world.hooked.flatMap(({ userId, key }) => (userId === id ? [key] : [])))]).toEqual(
    hooked,
  );
  return {
    attributes: lasting(journey.attributes),
    segments: journey.segments.toSorted(),
    events: journey.events.map(({ name, attributes }) => `${name} ${JSON.stringify(attributes)}`).sort(),
    campaigns: explanation.campaigns.filter(({ campaign }) => campaign !== BESIDES).map(lastingCampaign),
    mails: Object.fromEntries(
      [...Map.groupBy(mails, ({ tag }) => tag)]
        .sort()
        .map(([tag, those]) => [tag, those.map(({ mail }) => lasting(mail))]),
    ),
  };
}

/** Every message of the ledger was accepted, once, and a step's message is the one that the flow was told of. */
function expectIds(explanation: Explanation, journey: Journey, mails: { messageId: string }[]): void {
  const ids = journey.messages.map((message) => message.id);
  expect(mails.map(({ messageId }) => messageId).sort()).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
  for (const { kind, message, result } of explanation.campaigns.flatMap(({ runs }) =>
    runs.flatMap(({ steps }) => steps),
  )) {
    if (kind === 'email') expect(result).toEqual({ status: 'sent', messageId: message?.id });
  }
}

/** What was drawn is what was recorded, in every email that tells of it; and each draw is another. */
function expectChance(journey: Journey, mails: { tag: string; mail: { props: unknown } }[]): void {
  const { first, second } = journey.attributes as unknown as Drawn;
  const told = mails.flatMap(({ tag, mail }) => (tag === 'chance' ? [mail.props] : []));
  expect(told).toEqual([{ first }, { first, second }, { first, second }]);
  expect(second?.random).not.toBe(first.random);
  expect(second?.uuid).not.toBe(first.uuid);
  for (const { random, uuid } of [first, second!]) {
    expect(random).toBeWithin(0, 1);
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
}

function lastingCampaign(campaign: ExplainedCampaign): ExplainedCampaign {
  const runs = campaign.runs.map((run) => ({
    ...run,
    steps: run.steps.map((step) => ({ ...step, key: lastingKey(step) })),
  }));
  // Of an event they also see when it came last.
  const conditions = campaign.conditions.map((condition) => ({
    ...condition,
    sees: condition.sees.map((seen) => (seen.name.endsWith(' last') ? { ...seen, value: '(then)' } : seen)),
  }));
  const summary = campaign.summary.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '(then)');
  return lasting({ ...campaign, summary, conditions, runs });
}

/** The moment that a flow waits for follows from when it began. */
function lastingKey({ kind, key }: { kind: string; key: string }): string {
  if (kind === 'until') return key.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, '(then)');
  return kind === 'daytime' ? key.replace(/^\d\d:\d\d:\d\d /, '(then) ') : key;
}

/** The same without the properties that are left out, at any depth. */
function lasting<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (name, part) => (LEFT_OUT.has(name) ? undefined : part))) as T;
}
