import type { Forecast } from '../../testing/forecast.ts';
import { paint } from './output.ts';
import { cell, table } from './table.ts';

const BAR = 40;
/** The most days shown individually; longer simulations are shown by week. */
const MOST_DAYS = 35;
/** From this number of emails to one person in a day on, the forecast calls them many. */
const MANY_A_DAY = 4;

/** Formats a forecast for people. */
export function forecastText(forecast: Forecast): string {
  const parts = [overview(forecast)];
  if (forecast.sent > 0) parts.push(templates(forecast), days(forecast), people(forecast));
  if (forecast.unsent.length > 0) parts.push(unsent(forecast));
  if (forecast.failedRuns.length > 0) parts.push(failedRuns(forecast));
  return parts.join('\n\n');
}

// --- internal ---

function overview({ users, from, to, sent, reached, sample }: Forecast): string {
  const events = Object.entries(sample.events).map(([name, count]) => `${number(count)} ${name}`);
  const did = [`${number(sample.changes)} changes of attributes`, ...events].join(', ');
  return [
    `${number(users)} people, ${from.slice(0, 10)} to ${to.slice(0, 10)}: ${paint('bold', `${number(sent)} emails`)} to ${number(reached)} of them`,
    paint('dim', `the sample: ${did}`),
  ].join('\n');
}

function templates({ perTemplate }: Forecast): string {
  const rows = perTemplate.map((it) => [
    cell(it.campaign === null ? it.template : `${it.campaign} / ${it.template}`, 56),
    number(it.sent),
    number(it.people),
    number(it.mostForOne),
  ]);
  return table(['CAMPAIGN / TEMPLATE', 'EMAILS', 'PEOPLE', 'MOST FOR ONE'], rows);
}

function days({ perDay }: Forecast): string {
  const daily = perDay.length <= MOST_DAYS;
  const groups: { day: string; sent: number }[] = [];
  for (const [index, { day, sent }] of perDay.entries()) {
    if (daily || index % 7 === 0) groups.push({ day, sent });
    else groups.at(-1)!.sent += sent;
  }
  const highest = Math.max(...groups.map(({ sent }) => sent));
  const rows = groups.map(({ day, sent }) => [
    day,
    number(sent),
    '█'.repeat(Math.ceil((sent / highest) * BAR)),
  ]);
  const busiest = perDay.reduce((most, it) => (it.sent > most.sent ? it : most));
  return `${table([daily ? 'DAY' : 'WEEK FROM', 'EMAILS', ''], rows)}\nbusiest day: ${busiest.day}, ${number(busiest.sent)} emails`;
}

function people({ perPerson, worstDay, worstWeek, worstDays, users }: Forecast): string {
  const many = worstDays.filter(({ sent }) => sent >= MANY_A_DAY).reduce((sum, it) => sum + it.people, 0);
  const lines = [
    `per person: ${perPerson.average.toFixed(1)} on average (${perPerson.averagePerWeek.toFixed(1)} a week), median ${perPerson.median}, at most ${perPerson.most}`,
  ];
  for (const [words, worst] of [
    ['in a day', worstDay],
    ['in 7 days', worstWeek],
  ] as const) {
    if (!worst) continue;
    lines.push(
      `most ${words}: ${worst.sent} to ${cell(worst.userId, 40)} on ${worst.day}: ${listed(worst.templates)}`,
    );
  }
  if (many > 0) {
    lines.push(
      paint(
        'yellow',
        `${number(many)} of ${number(users)} people got ${MANY_A_DAY} or more emails on one day at least once`,
      ),
    );
  }
  return lines.join('\n');
}

function unsent({ unsent }: Forecast): string {
  const rows = unsent.map((it) => [cell(it.template, 40), it.status, number(it.count), cell(it.reason, 80)]);
  return table(['NOT SENT', 'STATUS', 'EMAILS', 'WHY'], rows);
}

function failedRuns({ failedRuns }: Forecast): string {
  const rows = failedRuns.map((it) => [
    cell(it.campaign, 40),
    it.status,
    number(it.count),
    cell(it.reason, 80),
  ]);
  return table(['CAMPAIGN', 'STATUS', 'RUNS', 'WHY'], rows);
}

/** `2 × purchase, vip-email`. */
function listed(templates: string[]): string {
  return [...Map.groupBy(templates, (template) => template)]
    .map(([template, all]) => (all.length > 1 ? `${all.length} × ${template}` : template))
    .join(', ');
}

function number(value: number): string {
  return value.toLocaleString('en');
}
