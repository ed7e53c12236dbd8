import type { JsonObject } from '../../src/core/json.ts';
import type { Manifest } from '../../src/engine/ports/manifest.ts';
import type { NewMessage } from '../../src/engine/ports/messages.ts';
import type { Store } from '../../src/engine/ports/store.ts';
import { factsOf } from '../../src/sql/facts/facts.ts';
import { readQuery } from '../../src/sql/read/read-query.ts';

export interface Size {
  users: number;
  events: number;
}

const START = Date.UTC(2026, 0, 1);
const AT_ONCE = 1_000;

/** Attributes that databases like to change: texts of all kinds, numbers, nested and empty values. */
export function attributesOf(i: number): JsonObject {
  return {
    email: `user${i}@example.com`,
    name: ['Zoë "Z" O\'Neil', '日本 👩‍👩‍👧', 'a\\b\n\tc', '', '%_`?'][i % 5]!,
    score: [0, -1, 0.1, 1e21, 123456789012345, 1e-7][i % 6]!,
    tags: [[], ['a', null, { deep: [true, false] }]][i % 2]!,
    '': i % 3 === 0 ? null : { b: 1, a: 2 },
  };
}

/**
 * Fills a store as its life would: users, events, members, runs of every status (some with sealed journals), messages of every
 * status, a deployment, and what is left to do.
 */
export async function populate(store: Store, size: Size): Promise<void> {
  const ids = Array.from({ length: size.users }, (_, i) => `user-${i}`);
  await store.transaction(async (tx) => {
    await tx.putDeployment({
      id: 'd1',
      code: 'export default 1;'.repeat(20_000),
      environment: 'v1:sealed',
      manifest: MANIFEST,
      origin: { by: 'ada', message: 'first' },
      createdAt: START,
      activatedAt: START,
    });
    await tx.activate('d1', MANIFEST, START);
    await tx.startSweep();
    await tx.putPause({ campaignId: 'drip', cause: 'manual', reason: 'for a test', pausedAt: START });
  });
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE);
    await store.transaction((tx) => people(tx, some, from));
  }
  for (let from = 0; from < size.events; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, size.events - from);
    await store.transaction(async (tx) => {
      const events = Array.from({ length: count }, (_, j) => {
        const i = from + j;
        return {
          userId: ids[(i * 7) % ids.length]!,
          name: ['purchase', 'login'][i % 2]!,
          attributes: { value: i / 100, nested: attributesOf(i) },
          createdAt: START + i * 1_001,
          messageId: i % 3 === 0 ? `event-${i}` : null,
        };
      });
      const eventIds = await tx.insertEvents(events);
      await tx.insertMessages(
        events.flatMap((event, j) =>
          j % 10 === 0 ? [{ ...receipt(event.userId, eventIds[j]!), createdAt: event.createdAt }] : [],
        ),
      );
      await tx.putIdempotent([
        {
          key: `key-${from}`,
          requestHash: 'h'.repeat(64),
          response: [{ ok: true }],
          createdAt: START + from,
        },
      ]);
    });
  }
}

async function people(
  tx: Parameters<Parameters<Store['transaction']>[0]>[0],
  ids: string[],
  offset: number,
): Promise<void> {
  const numbered = ids.map((id, j) => ({ id, i: offset + j }));
  await tx.putUsers(
    numbered.map(({ id, i }) => ({
      id,
      attributes: attributesOf(i),
      createdAt: START + i,
      updatedAt: START + i * 2,
    })),
  );
  await tx.markDirty(
    numbered.flatMap(({ id, i }) =>
      i % 4 === 0 ? [{ userId: id, cause: 'attributes' as const, subject: '', afterEvent: i }] : [],
    ),
  );
  await tx.addMembers(
    numbered.flatMap(({ id, i }) => [
      { segmentId: 'everyone', userId: id, since: START + i },
      ...(i % 5 === 0 ? [{ segmentId: 'fifth', userId: id, since: START + i }] : []),
    ]),
  );
  await tx.insertRuns(
    numbered.map(({ id, i }) => ({
      campaignId: 'drip',
      userId: id,
      entry: 1,
      deploymentId: 'd1',
      enteredAt: START + i,
      afterEvent: i,
    })),
  );
  const runIds = new Map((await tx.latestRuns(ids)).map((run) => [run.userId, run.id]));
  const updates = numbered.map(({ id, i }) => ({
    id: runIds.get(id)!,
    status: (['sleeping', 'completed', 'failed', 'running'] as const)[i % 4]!,
    deploymentId: 'd1',
    wakeAt: i % 4 === 0 ? START + i * 60_000 : null,
    position: i % 9,
    journal: `journal of ${id}\n`.repeat(i % 20),
    journalHash: '0123456789abcd',
    chunks: i % 50 === 0 ? 2 : 0,
    reason: i % 4 === 2 ? 'broke "down"' : null,
    afterEvent: i,
    afterTime: i % 3 === 0 ? START + i : null,
    endedAt: i % 4 === 1 || i % 4 === 2 ? START + i * 3 : null,
    ending: ([null, 'completed', 'failed', null] as const)[i % 4]!,
  }));
  await tx.saveRuns(updates);
  await tx.sealJournal(
    updates.flatMap(({ id, chunks }) =>
      Array.from({ length: chunks }, (_, chunk) => ({ runId: id, chunk, text: sealed(id, chunk) })),
    ),
  );
  const messages: NewMessage[] = numbered.map(({ id, i }) => ({
    id: `msg_step_${i}`,
    userId: id,
    template: 'hello',
    campaignId: 'drip',
    runId: runIds.get(id)!,
    position: i % 9,
    eventId: null,
    deploymentId: 'd1',
    createdAt: START + i,
    dueAt: START + i,
  }));
  await tx.insertMessages(messages);
  await tx.saveMessages(
    numbered.map(({ i }) => ({
      id: `msg_step_${i}`,
      status: (['sent', 'queued', 'unknown', 'failed'] as const)[i % 4]!,
      attempts: i % 4,
      nextAttemptAt: i % 4 === 1 || i % 4 === 2 ? START + i : null,
      providerId: i % 4 === 0 ? crypto.randomUUID() : null,
      reason: i % 4 === 3 ? 'no' : null,
      toAddress: `user${i}@example.com`,
      subject: 'Hello, 日本',
      sentAt: i % 4 === 0 ? START + i : null,
    })),
  );
}

function sealed(runId: number, chunk: number): string {
  return `sealed ${runId} ${chunk} `.repeat(1_000);
}

function receipt(userId: string, eventId: number): NewMessage {
  return {
    id: `msg_event_${eventId}`,
    userId,
    template: 'receipt',
    campaignId: null,
    runId: null,
    position: null,
    eventId,
    deploymentId: 'd1',
    createdAt: START,
    dueAt: START,
  };
}

const SEGMENT = {
  sql: 'select `id` from `users`',
  params: [],
  timeDependent: false,
  volatile: false,
  facts: factsOf(readQuery('select id from users', [])),
  triggers: {},
};

const MANIFEST: Manifest = {
  templates: ['hello'],
  segments: [
    { id: 'everyone', ...SEGMENT },
    { id: 'fifth', ...SEGMENT },
  ],
  campaigns: [
    {
      id: 'drip',
      segments: ['everyone'],
      excludeSegments: [],
      behavior: 'static',
      reentry: 'once',
      exitWhen: null,
      goal: null,
      priority: 0,
      spreadMs: 0,
    },
  ],
  transactions: [{ id: 'receipt', event: 'purchase' }],
  confirm: false,
};
