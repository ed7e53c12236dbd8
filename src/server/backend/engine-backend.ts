import { SegflowError } from '../../core/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import { explain } from '../../engine/explain/explain.ts';
import type { MessageView, RunView } from '../../engine/ports/reads.ts';
import { isLive } from '../../engine/rules/qualification.ts';
import { parseJournal } from '../../flow/journal/journal.ts';
import type { Changes, MessageItem, RunItem, Status } from '../../protocol/api.ts';
import type { Backend } from './backend.ts';
import { deploymentsOf, pauseItem } from './deployments-backend.ts';

/** How long `wait=true` waits for an evaluation. */
const WAIT_MS = 30_000;
const RUNS_SHOWN = 100;
const EVENTS_SHOWN = 50;
const MESSAGES_SHOWN = 100;

/** The server's backend: the engine, in the shapes of the wire contract. */
export function createBackend(options: {
  engine: Engine;
  version: string;
  storeName: string;
  /** Undefined when the process takes work, otherwise the reason. */
  notReady: () => string | undefined;
}): Backend {
  const { engine } = options;
  const { store } = engine;

  async function snapshot(userId: string) {
    const segments = new Set((await store.memberships([userId])).map(({ segmentId }) => segmentId));
    const runs = new Map((await store.latestRuns([userId])).map((run) => [run.campaignId, run]));
    return { segments, runs };
  }

  return {
    submit: (operations, idempotency) => engine.ingest.submit({ operations, idempotency }),

    async withChanges(userId, work) {
      const before = await snapshot(userId);
      const result = await work();
      if (!(await engine.evaluated(userId, WAIT_MS))) {
        throw new SegflowError(
          'unavailable',
          `the change was recorded, but not evaluated within ${WAIT_MS / 1000} s`,
          {
            hint: 'The engine is busy. Nothing is lost: check later with `segflow user`.',
          },
        );
      }
      const after = await snapshot(userId);
      const changes: Changes = {
        segments: {
          entered: [...after.segments].filter((id) => !before.segments.has(id)).sort(),
          left: [...before.segments].filter((id) => !after.segments.has(id)).sort(),
        },
        campaigns: { entered: [], left: [] },
      };
      for (const [campaignId, run] of after.runs) {
        const was = before.runs.get(campaignId);
        if (was?.id !== run.id) changes.campaigns.entered.push(campaignId);
        else if (isLive(was) && run.status === 'cancelled') changes.campaigns.left.push(campaignId);
      }
      changes.campaigns.entered.sort();
      changes.campaigns.left.sort();
      return { result, changes };
    },

    async journey(userId) {
      const user = await store.getUser(userId);
      if (!user) {
        throw new SegflowError('user_not_found', `there is no user "${userId}"`, {
          hint: 'Ids are case-sensitive. `segflow status` shows how many users there are.',
        });
      }
      const [memberships, runs, messages, events] = await Promise.all([
        store.memberships([userId]),
        store.runsOfUser(userId, RUNS_SHOWN),
        store.listMessages({ userId, limit: MESSAGES_SHOWN }),
        store.eventsOfUser(userId, EVENTS_SHOWN),
      ]);
      return {
        id: user.id,
        attributes: user.attributes,
        createdAt: iso(user.createdAt),
        segments: memberships.map(({ segmentId }) => segmentId).sort(),
        runs: runs.map(runItem),
        messages: messages.map(messageItem),
        events: events.map(({ name, attributes, createdAt }) => ({
          name,
          attributes,
          createdAt: iso(createdAt),
        })),
      };
    },

    async messages({ userId, status, campaign, template, before, limit }) {
      const list = await store.listMessages({
        ...(userId === undefined ? {} : { userId }),
        ...(status === undefined ? {} : { status }),
        ...(campaign === undefined ? {} : { campaignId: campaign }),
        ...(template === undefined ? {} : { template }),
        ...(before === undefined ? {} : { before }),
        limit,
      });
      return list.map(messageItem);
    },

    async status() {
      const [counts, active, pauses, restored] = await Promise.all([
        store.counts(),
        engine.deployments.active(),
        store.pauses(),
        store.restored(),
      ]);
      const { queued = 0, sending = 0, sent = 0, failed = 0, skipped = 0, unknown = 0 } = counts.messages;
      const total = Object.values(counts.messages).reduce((sum, count) => sum + count, 0);
      const withGoal = active?.manifest.campaigns.filter(({ goal }) => goal).map(({ id }) => id) ?? [];
      const status: Status = {
        version: options.version,
        store: options.storeName,
        deployment: active
          ? { id: active.id, activatedAt: iso(active.activatedAt), origin: active.origin }
          : null,
        pauses: pauses.map(pauseItem),
        nodes:
          engine.cluster()?.nodes.map(({ id, name, slots, expiresAt }) => ({
            id,
            name,
            slots: slots.length,
            expiresAt: iso(expiresAt),
          })) ?? null,
        restored: restored
          ? { backedUpAt: iso(restored.backedUpAt), askingUntil: iso(restored.askUntil) }
          : null,
        users: counts.users,
        events: counts.events,
        pending: counts.dirtyUsers,
        segments: counts.segments.map(({ id, size, evaluatedAt }) => ({
          id,
          size,
          evaluatedAt: isoOrNull(evaluatedAt),
        })),
        campaigns: counts.campaigns.map((campaign) => ({
          ...campaign,
          goal: campaign.converted > 0 || withGoal.includes(campaign.id),
        })),
        runs: counts.runs,
        messages: counts.messages,
        ledger: { total, balanced: total === sent + failed + skipped + unknown + queued + sending },
      };
      return status;
    },

    ...deploymentsOf(engine),

    explain: (userId, campaign) => explain(engine, userId, campaign),

    async notReady() {
      const reason = options.notReady();
      if (reason !== undefined) return reason;
      // Reads the data, because the time alone is available without the data.
      await store.instanceId();
      return undefined;
    },
  };
}

// --- internal ------------------------------------------------------------------------------------

const iso = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));

function messageItem(message: MessageView): MessageItem {
  return {
    id: message.id,
    userId: message.userId,
    template: message.template,
    campaign: message.campaignId,
    to: message.to,
    subject: message.subject,
    status: message.status,
    reason: message.reason,
    createdAt: iso(message.createdAt),
    sentAt: isoOrNull(message.sentAt),
  };
}

function runItem(run: RunView): RunItem {
  return {
    campaign: run.campaignId,
    entry: run.entry,
    status: run.status,
    enteredAt: iso(run.enteredAt),
    endedAt: isoOrNull(run.endedAt),
    wakeAt: run.status === 'sleeping' ? isoOrNull(run.wakeAt) : null,
    reason: run.reason,
    ending: run.ending,
    retries: run.retries,
    deployment: run.deploymentId,
    steps: parseJournal(run.journal).entries.map(({ at, kind, key, result, error }) => ({
      at: iso(at),
      kind,
      key,
      ...(result === undefined ? {} : { result: result.value }),
      ...(error === undefined ? {} : { error: error.message }),
      endedAt: isoOrNull((result ?? error)?.at ?? null),
    })),
  };
}
