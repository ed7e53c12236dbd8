import { firstLine } from '../core/failure-text.ts';
import type { SimulatedMessage, SimulatedRun } from './simulation.ts';

/** Statistics about the emails of a simulation. Days are in UTC, `2026-01-31`. */
export interface MailReport {
  users: number;
  from: string;
  to: string;
  sent: number;
  /** How many people were sent at least one email. */
  reached: number;
  perDay: { day: string; sent: number }[];
  perTemplate: {
    template: string;
    campaign: string | null;
    sent: number;
    people: number;
    mostForOne: number;
  }[];
  /** People without email count too. */
  perPerson: { average: number; averagePerWeek: number; median: number; most: number };
  /**
   * The largest number that one person got, with the person and the time. Undefined when nothing
   * was sent.
   */
  worstDay: Worst | undefined;
  /** In any seven consecutive days, starting on `day`. */
  worstWeek: Worst | undefined;
  /** The number of people by how many emails they got on their busiest day. */
  worstDays: { sent: number; people: number }[];
  /** Messages that were not sent. */
  unsent: { template: string; status: string; reason: string; count: number }[];
  failedRuns: { campaign: string; status: string; reason: string; count: number }[];
}

export interface Worst {
  userId: string;
  day: string;
  sent: number;
  templates: string[];
}

export function mailReport(parts: {
  users: number;
  from: Date;
  to: Date;
  /** Messages of any status. */
  messages: SimulatedMessage[];
  runs: SimulatedRun[];
}): MailReport {
  const { users, from, to } = parts;
  const sent = parts.messages.filter(({ status }) => status === 'sent');
  const byUser = Map.groupBy(sent, ({ userId }) => userId);
  const byDay = Map.groupBy(sent, ({ at }) => dayOf(at));
  const counts = [...byUser.values()].map((messages) => messages.length).sort((a, b) => a - b);
  const all = [...new Array<number>(Math.max(0, users - counts.length)).fill(0), ...counts];
  const average = users === 0 ? 0 : sent.length / users;
  const worst = [...byUser].map(([userId, messages]) => ({
    day: mostWithin(userId, messages, 1),
    week: mostWithin(userId, messages, 7),
  }));
  return {
    users,
    from: from.toISOString(),
    to: to.toISOString(),
    sent: sent.length,
    reached: byUser.size,
    perDay: daysBetween(from, to).map((day) => ({ day, sent: byDay.get(day)?.length ?? 0 })),
    perTemplate: perTemplate(sent),
    perPerson: {
      average,
      median: all[Math.floor(all.length / 2)] ?? 0,
      averagePerWeek: (average * 7 * DAY_MS) / Math.max(DAY_MS, to.getTime() - from.getTime()),
      most: all.at(-1) ?? 0,
    },
    worstDay: highest(worst.map(({ day }) => day)),
    worstWeek: highest(worst.map(({ week }) => week)),
    worstDays: [...Map.groupBy(worst, ({ day }) => day.sent)]
      .map(([number, people]) => ({ sent: number, people: people.length }))
      .sort((a, b) => b.sent - a.sent),
    unsent: unsent(parts.messages),
    failedRuns: failedRuns(parts.runs),
  };
}

// --- internal ---

const DAY_MS = 86_400_000;

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function daysBetween(from: Date, to: Date): string[] {
  const days: string[] = [];
  for (let day = Math.floor(from.getTime() / DAY_MS); day * DAY_MS < to.getTime(); day++) {
    days.push(dayOf(new Date(day * DAY_MS)));
  }
  return days;
}

function perTemplate(sent: SimulatedMessage[]): MailReport['perTemplate'] {
  const groups = Map.groupBy(sent, ({ template, campaign }) => JSON.stringify([template, campaign]));
  return [...groups.values()]
    .map((messages) => {
      const people = Map.groupBy(messages, ({ userId }) => userId);
      const mostForOne = Math.max(...[...people.values()].map(({ length }) => length));
      const { template, campaign } = messages[0]!;
      return { template, campaign, sent: messages.length, people: people.size, mostForOne };
    })
    .sort((a, b) => b.sent - a.sent);
}

/**
 * The largest number of a person's messages, which are ordered by time, within this many
 * consecutive days in UTC.
 */
function mostWithin(userId: string, messages: SimulatedMessage[], days: number): Worst {
  const dayNumber = (message: SimulatedMessage) => Math.floor(message.at.getTime() / DAY_MS);
  let best = { from: 0, to: 0 };
  let from = 0;
  for (let to = 1; to <= messages.length; to++) {
    while (dayNumber(messages[to - 1]!) - dayNumber(messages[from]!) >= days) from++;
    if (to - from > best.to - best.from) best = { from, to };
  }
  const within = messages.slice(best.from, best.to);
  return {
    userId,
    day: dayOf(within[0]!.at),
    sent: within.length,
    templates: within.map(({ template }) => template),
  };
}

function highest(all: Worst[]): Worst | undefined {
  return all.reduce<Worst | undefined>((most, it) => (most && most.sent >= it.sent ? most : it), undefined);
}

function unsent(messages: SimulatedMessage[]): MailReport['unsent'] {
  const others = messages
    .filter(({ status }) => status !== 'sent')
    .map(({ template, status, reason }) => ({ template, status, reason: firstLine(reason) }));
  return counted(others);
}

function failedRuns(runs: SimulatedRun[]): MailReport['failedRuns'] {
  const failed = runs
    .filter(({ status }) => FAILED.includes(status))
    .map(({ campaign, status, reason }) => ({ campaign, status, reason: firstLine(reason) }));
  return counted(failed);
}

const FAILED: string[] = ['failed', 'blocked'];

/** Merges equal entries into one with a count. */
function counted<T extends object>(items: T[]): (T & { count: number })[] {
  return [...Map.groupBy(items, (item) => JSON.stringify(item)).values()]
    .map((group) => ({ ...group[0]!, count: group.length }))
    .sort((a, b) => b.count - a.count);
}
