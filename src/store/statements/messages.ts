import { type Placeholder, type SQL, sql } from 'drizzle-orm';
import { slotOf } from '../../core/hash.ts';
import type { JsonObject } from '../../core/json.ts';
import type { DueMessage, MessageStatements, SettledMessage } from '../../engine/ports/messages.ts';
import { events, type MessageStatus, messages, type RunStatus, runs, users } from '../../schema/index.ts';
import { bulkInsert, bulkUpdate, changedRows } from '../driver/bulk.ts';
import type { Context } from '../driver/context.ts';
import type { Dialect, Row } from '../driver/driver.ts';
import { prepared, rows, run, slotted } from '../driver/statement.ts';
import { fromTime, toTime } from '../driver/times.ts';
import { pausedCampaigns } from './pauses.ts';

/*
 *   queued ─▶ sending ─▶ sent | failed | skipped (settled: nothing changes them any more)
 *     ▲          └─────▶ unknown ─▶ settled, or queued again
 *
 * A process that dies leaves `sending` rows; `unsettle` turns them into `unknown` before anything
 * is sent again.
 */

export function messageStatements(on: Context): MessageStatements {
  return {
    async insertMessages(list) {
      const restored = await on.restored();
      // The instance that this one was restored from may have sent them, so the provider is asked
      // first.
      const asks = list.some((row) => row.createdAt <= (restored?.askUntil ?? -1));
      const status = asks ? 'unknown' : 'queued';
      const outcomes = await insertMessages.write(
        on,
        list.map((row) => [
          row.id,
          row.userId,
          row.template,
          row.campaignId,
          row.runId,
          row.position,
          row.eventId,
          row.deploymentId,
          status,
          row.priority ?? 0,
          row.options ? JSON.stringify(row.options) : null,
          0,
          asks ? Math.max(row.dueAt, restored?.askFrom ?? 0) : row.dueAt,
          toTime(row.createdAt),
          slotOf(row.userId),
        ]),
      );
      on.tally.add(`message:${status}`, changedRows(outcomes));
    },

    async dueMessages(now, limit, slots) {
      const paused = await pausedCampaigns(on);
      const found: DueMessage[] = [];
      if (paused.includes('*')) return found;
      for (const priority of await openPriorities(on)) {
        const left = limit - found.length;
        if (left === 0) break;
        const due = await rows(on, dueMessages.of(slots), { priority, now, paused, limit: left });
        found.push(...due.map(dueMessageOf));
      }
      return found;
    },

    async nextAttempt(slots) {
      const paused = await pausedCampaigns(on);
      if (paused.includes('*')) return undefined;
      let next: number | undefined;
      for (const priority of await openPriorities(on)) {
        const [row] = await rows(on, nextAttempt.of(slots), { priority, paused });
        if (row) next = Math.min(next ?? Number.POSITIVE_INFINITY, Number(row.next_attempt_at));
      }
      return next;
    },

    async retryMessages({ at, askAt }) {
      for (const priority of await openPriorities(on)) {
        await run(on, hasten, { priority, status: 'queued', at });
        await run(on, hasten, { priority, status: 'unknown', at: askAt });
      }
    },

    async saveMessages(updates) {
      if (updates.length === 0) return new Set();
      const open = await rows(on, openMessages, { ids: updates.map((update) => update.id) });
      const statusOf = new Map(open.map((row) => [String(row.id), String(row.status)]));
      const sendingFor = new Map(
        open.filter((row) => row.status === 'sending').map((row) => [String(row.id), Number(row.attempts)]),
      );
      const written = updates.filter(
        ({ id, attempts, stillSending }) =>
          statusOf.has(id) && (!stillSending || sendingFor.get(id) === attempts),
      );
      await saveMessages.write(
        on,
        written.map((update) => [
          update.id,
          update.status,
          update.attempts,
          update.nextAttemptAt,
          update.providerId,
          update.reason,
          update.toAddress,
          update.subject,
          toTime(update.sentAt),
        ]),
      );
      for (const update of written) {
        on.tally.add(`message:${statusOf.get(update.id)}`, -1);
        on.tally.add(`message:${update.status}`, 1);
      }
      return new Set(written.map((update) => update.id));
    },

    async settledMessages(steps) {
      if (steps.length === 0) return [];
      const found = await rows(on, settledMessages, {
        steps: steps.map(({ runId, position }) => [runId, position]),
      });
      return found.map((row) => ({
        id: String(row.id),
        runId: Number(row.run_id),
        position: Number(row.position),
        status: row.status as SettledMessage['status'],
        reason: row.reason as string | null,
      }));
    },

    async skipMessagesOf(runIds, reason) {
      if (runIds.length === 0) return;
      const { changes } = await run(on, skipMessages, { runIds, reason });
      on.tally.add('message:queued', -changes);
      on.tally.add('message:skipped', changes);
    },

    async unsettle(at, slots) {
      const { changes } = await run(on, unsettle.of(slots), { at });
      on.tally.add('message:sending', -changes);
      on.tally.add('message:unknown', changes);
      return changes;
    },
  };
}

/**
 * The priorities of open messages, highest first. Jumps from one priority to the next along the
 * index.
 */
async function openPriorities(on: Context): Promise<number[]> {
  const found: number[] = [];
  for (let below = HIGHEST; ; ) {
    const [row] = await rows(on, nextPriority, { below });
    if (row!.queued === null && row!.asked === null) return found;
    below = Math.max(Number(row!.queued ?? LOWEST), Number(row!.asked ?? LOWEST));
    found.push(below);
  }
}

const HIGHEST = 2 ** 31 - 1;
const LOWEST = -(2 ** 31);

const set = sql.identifier;

const insertMessages = bulkInsert({
  into: messages,
  columns: [
    messages.id,
    messages.userId,
    messages.template,
    messages.campaignId,
    messages.runId,
    messages.position,
    messages.eventId,
    messages.deploymentId,
    messages.status,
    messages.priority,
    messages.options,
    messages.attempts,
    messages.nextAttemptAt,
    messages.createdAt,
    messages.slot,
  ],
  ending: (dialect) => dialect.orIgnore(messages),
});

const nextPriority = prepared<{ below: number }>((param, dialect) => {
  const highest = (
    status: MessageStatus,
  ) => sql`(select ${messages.priority} from ${messages} ${dialect.index('messages_status')}
    where ${messages.nextAttemptAt} is not null and ${messages.status} = ${sql.raw(`'${status}'`)} and ${messages.priority} < ${param('below')}
    order by ${messages.priority} desc limit 1)`;
  return sql`select ${highest('queued')} as ${set('queued')}, ${highest('unknown')} as ${set('asked')}`;
});

const dueMessages = slotted<{ priority: number; now: number; paused: string[]; limit: number }>(
  (
    param,
    dialect,
    owned,
  ) => sql`select ${messages.id}, ${messages.userId}, ${messages.template}, ${messages.campaignId}, ${messages.runId},
      ${messages.position}, ${messages.eventId}, ${messages.deploymentId}, ${messages.createdAt}, ${messages.status},
      ${messages.attempts}, ${messages.toAddress}, ${messages.subject}, ${messages.options}, ${users.attributes} as ${set('user_attributes')}, ${runs.status} as ${set('run_status')},
      ${events.name} as ${set('event_name')}, ${events.attributes} as ${set('event_attributes')},
      ${events.createdAt} as ${set('event_created_at')}, ${events.messageId} as ${set('event_message_id')}
    from ${messages} ${dialect.index('messages_due')} left join ${users} on ${users.id} = ${messages.userId}
      left join ${runs} on ${runs.id} = ${messages.runId}
      left join ${events} on ${events.id} = ${messages.eventId}
    where ${messages.priority} = ${param('priority')} and ${messages.nextAttemptAt} <= ${param('now')}
      and ${messages.status} in ('queued', 'unknown') and ${unpaused(param('paused'), dialect)} ${owned(messages.slot)}
    order by ${messages.nextAttemptAt}, ${messages.id} limit ${param('limit')}`,
);

const nextAttempt = slotted<{ priority: number; paused: string[] }>(
  (
    param,
    dialect,
    owned,
  ) => sql`select ${messages.nextAttemptAt} from ${messages} ${dialect.index('messages_due')}
    where ${messages.priority} = ${param('priority')} and ${messages.nextAttemptAt} is not null
      and ${unpaused(param('paused'), dialect)} and ${messages.status} in ('queued', 'unknown') ${owned(messages.slot)}
    order by ${messages.nextAttemptAt} limit 1`,
);

/**
 * Only for messages that were tried. The others wait only for their turn, or until a restored
 * instance may ask the provider.
 */
const hasten = prepared<{ priority: number; status: MessageStatus; at: number }>(
  (
    param,
    dialect,
  ) => sql`update ${messages} ${dialect.index('messages_due')} set ${set('next_attempt_at')} = ${param('at')}
    where ${messages.priority} = ${param('priority')} and ${messages.nextAttemptAt} > ${param('at')}
      and ${messages.status} = ${param('status')} and ${messages.attempts} > 0`,
);

const openMessages = prepared<{ ids: string[] }>(
  (param, dialect) => sql`select ${messages.id}, ${messages.status}, ${messages.attempts} from ${messages}
    where ${dialect.inList(messages.id, param('ids'))} and ${messages.status} in ('queued', 'sending', 'unknown') ${dialect.lock}`,
);

const saveMessages = bulkUpdate({
  table: messages,
  key: messages.id,
  columns: [
    messages.status,
    messages.attempts,
    messages.nextAttemptAt,
    messages.providerId,
    messages.reason,
    messages.toAddress,
    messages.subject,
    messages.sentAt,
  ],
  adjust: [messages.toAddress, messages.subject].map((column) => ({ column, to: unlessDeleted })),
});

const settledMessages = prepared<{ steps: number[][] }>(
  (
    param,
    dialect,
  ) => sql`select ${messages.id}, ${messages.runId}, ${messages.position}, ${messages.status}, ${messages.reason}
    from ${messages} where ${messages.runId} is not null
      and ${dialect.inTuples([messages.runId, messages.position], param('steps'))}
      and ${messages.status} in ('sent', 'failed', 'skipped')`,
);

const skipMessages = prepared<{ runIds: number[]; reason: string }>(
  (param, dialect) => sql`update ${messages}
    set ${set('status')} = 'skipped', ${set('reason')} = ${param('reason')}, ${set('next_attempt_at')} = null
    where ${dialect.inList(messages.runId, param('runIds'))} and ${messages.status} = 'queued'`,
);

const unsettle = slotted<{ at: number }>(
  (
    param,
    _dialect,
    owned,
  ) => sql`update ${messages} set ${set('status')} = 'unknown', ${set('next_attempt_at')} = ${param('at')}
    where ${messages.status} = 'sending' ${owned(messages.slot)}`,
);

/** Excludes paused campaigns; transactions belong to no campaign. */
function unpaused(paused: Placeholder, dialect: Dialect): SQL {
  return sql`(${messages.campaignId} is null or not ${dialect.inList(messages.campaignId, paused)})`;
}

/** A user who was deleted while the message was being sent leaves no address behind. */
function unlessDeleted(value: SQL): SQL {
  return sql`case when exists (select 1 from ${users} where ${users.id} = ${messages.userId}) then ${value} end`;
}

function dueMessageOf(row: Row): DueMessage {
  const eventId = row.event_id as number | null;
  return {
    id: String(row.id),
    userId: String(row.user_id),
    template: String(row.template),
    campaignId: row.campaign_id as string | null,
    runId: row.run_id as number | null,
    position: row.position as number | null,
    eventId,
    deploymentId: String(row.deployment_id),
    createdAt: fromTime(String(row.created_at)),
    status: row.status as MessageStatus,
    attempts: Number(row.attempts),
    toAddress: row.to_address as string | null,
    subject: row.subject as string | null,
    options:
      row.options === null ? null : (JSON.parse(String(row.options)) as NonNullable<DueMessage['options']>),
    attributes:
      row.user_attributes === null ? undefined : (JSON.parse(String(row.user_attributes)) as JsonObject),
    runStatus: row.run_status as RunStatus | null,
    event:
      eventId === null || row.event_name === null
        ? null
        : {
            id: eventId,
            userId: String(row.user_id),
            name: String(row.event_name),
            attributes: JSON.parse(String(row.event_attributes)) as JsonObject,
            createdAt: fromTime(String(row.event_created_at)),
            messageId: row.event_message_id as string | null,
          },
  };
}
