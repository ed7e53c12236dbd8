import { and, eq, type SQL, sql } from 'drizzle-orm';
import { SegflowError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { MessageSelection, MessageView, ReadStatements } from '../../engine/ports/reads.ts';
import { events, type MessageStatus, messages, type RunEnding, runs } from '../../schema/index.ts';
import type { Context } from '../driver/context.ts';
import type { Row } from '../driver/driver.ts';
import { prepared, render, rows } from '../driver/statement.ts';
import { fromTime, toTime } from '../driver/times.ts';
import { counts } from './counts.ts';
import { readSealed } from './journal-chunks.ts';
import { runHeadColumns, runHeadOf } from './runs.ts';

export function readStatements(on: Context): ReadStatements {
  return {
    counts: () => counts(on),

    async listMessages(filter) {
      const before = filter.before === undefined ? undefined : await createdAt(on, filter.before);
      if (filter.before !== undefined && before === undefined) throw noSuchMessage(filter.before);
      const { text, params } = render(messageQuery(filter, before));
      return (await on.connection.query(text, params)).map(messageViewOf);
    },

    async runsOfUser(userId, limit) {
      const found = await rows(on, runsOfUser, { userId, limit });
      const sealed = await readSealed(
        on,
        found.filter((row) => Number(row.chunks) > 0).map((row) => Number(row.id)),
      );
      return found.map((row) => ({
        ...runHeadOf(row),
        deploymentId: String(row.deployment_id),
        enteredAt: fromTime(String(row.entered_at)),
        endedAt: timeOrNull(row.ended_at),
        wakeAt: row.wake_at as number | null,
        awaits: row.awaits as string | null,
        pinned: Number(row.pinned) === 1,
        convertedAt: timeOrNull(row.converted_at),
        reason: row.reason as string | null,
        ending: row.ending as RunEnding | null,
        retries: Number(row.retries),
        journal: (sealed.get(Number(row.id)) ?? '') + String(row.journal),
      }));
    },

    async eventsOfUser(userId, limit) {
      return (await rows(on, eventsOfUser, { userId, limit })).map((row) => ({
        id: Number(row.id),
        name: String(row.name),
        userId: String(row.user_id),
        createdAt: fromTime(String(row.created_at)),
        attributes: JSON.parse(String(row.attributes)) as JsonObject,
        messageId: row.message_id as string | null,
      }));
    },
  };
}

async function createdAt(on: Context, messageId: string): Promise<number | undefined> {
  const [row] = await rows(on, messageCreatedAt, { messageId });
  return row && fromTime(String(row.created_at));
}

/** Without this error, an empty page would look like the end of the list. */
function noSuchMessage(id: string): SegflowError {
  const message = `before: there is no message "${id}"`;
  return new SegflowError('invalid_input', message, {
    hint: 'Give the id of the last message of the previous page. If its user was deleted, the message is gone: start again at the newest.',
    details: [{ path: 'before', message, expected: 'the id of a message', got: JSON.stringify(id) }],
  });
}

function messageQuery(filter: MessageSelection, before: number | undefined): SQL {
  const older =
    before === undefined
      ? undefined
      : sql`${messages.createdAt} <= ${toTime(before)} and (${messages.createdAt} < ${toTime(before)} or ${messages.id} < ${filter.before})`;
  const where = and(
    filter.userId === undefined ? undefined : eq(messages.userId, filter.userId),
    filter.status === undefined ? undefined : eq(messages.status, filter.status),
    filter.campaignId === undefined ? undefined : eq(messages.campaignId, filter.campaignId),
    filter.template === undefined ? undefined : eq(messages.template, filter.template),
    older,
  );
  return sql`select ${messages.id}, ${messages.userId}, ${messages.template}, ${messages.campaignId}, ${messages.runId}, ${messages.position}, ${messages.toAddress},
      ${messages.subject}, ${messages.status}, ${messages.reason}, ${messages.attempts}, ${messages.providerId},
      ${messages.createdAt}, ${messages.sentAt}
    from ${messages} ${where ? sql`where ${where}` : sql``}
    order by ${messages.createdAt} desc, ${messages.id} desc limit ${filter.limit}`;
}

const messageCreatedAt = prepared<{ messageId: string }>(
  (param) => sql`select ${messages.createdAt} from ${messages} where ${messages.id} = ${param('messageId')}`,
);

const runsOfUser = prepared<{ userId: string; limit: number }>(
  (
    param,
  ) => sql`select ${runHeadColumns}, ${runs.deploymentId}, ${runs.enteredAt}, ${runs.endedAt}, ${runs.wakeAt},
      ${runs.awaits}, ${runs.pinned}, ${runs.convertedAt}, ${runs.reason}, ${runs.ending}, ${runs.retries}, ${runs.journal}, ${runs.chunks}
    from ${runs} where ${runs.userId} = ${param('userId')} order by ${runs.id} desc limit ${param('limit')}`,
);

const eventsOfUser = prepared<{ userId: string; limit: number }>(
  (
    param,
  ) => sql`select ${events.id}, ${events.name}, ${events.userId}, ${events.createdAt}, ${events.attributes}, ${events.messageId}
    from ${events} where ${events.userId} = ${param('userId')}
    order by ${events.createdAt} desc, ${events.id} desc limit ${param('limit')}`,
);

function messageViewOf(row: Row): MessageView {
  return {
    id: String(row.id),
    userId: String(row.user_id),
    template: String(row.template),
    campaignId: row.campaign_id as string | null,
    runId: row.run_id as number | null,
    position: row.position as number | null,
    to: row.to_address as string | null,
    subject: row.subject as string | null,
    status: row.status as MessageStatus,
    reason: row.reason as string | null,
    attempts: Number(row.attempts),
    providerId: row.provider_id as string | null,
    createdAt: fromTime(String(row.created_at)),
    sentAt: timeOrNull(row.sent_at),
  };
}

function timeOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : fromTime(String(value));
}
