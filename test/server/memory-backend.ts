import { SegflowError } from '../../src/core/errors.ts';
import { type JsonObject, mergePatch } from '../../src/core/json.ts';
import type {
  Changes,
  DeploymentAnswer,
  DeploymentItem,
  Journey,
  MessageItem,
  PauseBody,
  PauseItem,
  Push,
  RetryAnswer,
  RetryBody,
  Rollback,
  Status,
} from '../../src/protocol/api.ts';
import type { Explanation } from '../../src/protocol/explain.ts';
import type { Plan, Planning } from '../../src/protocol/plan.ts';
import type {
  Backend,
  BackendOperation,
  MessageQuery,
  OperationResult,
} from '../../src/server/backend/backend.ts';

const AT = '2026-01-02T03:04:05.000Z';

/** A Backend in memory that remembers what it was asked. */
export class MemoryBackend implements Backend {
  readonly users = new Map<string, JsonObject>();
  events: Extract<BackendOperation, { type: 'event' }>[] = [];
  readonly queries: MessageQuery[] = [];
  restored: Status['restored'] = null;
  readonly pushed: Push[] = [];
  /** Users whose evaluation was awaited. */
  readonly awaited: string[] = [];
  /** Thrown by the next call of any method. */
  failWith: unknown;
  reason: string | undefined;
  /** Answered by the next pushes instead of a plan. */
  readonly planning: Planning['planning'][] = [];
  readonly rolledBack: Rollback[] = [];
  readonly retried: RetryBody[] = [];
  paused: PauseItem[] = [];
  /** Changes the plan that pushes and rollbacks answer with. */
  plan: Partial<Plan> = {};
  readonly #answers = new Map<string, { requestHash: string; results: OperationResult[] }>();

  async submit(
    operations: BackendOperation[],
    idempotency?: { key: string; requestHash: string },
  ): Promise<OperationResult[]> {
    this.#fail();
    const known = idempotency && this.#answers.get(idempotency.key);
    if (known) {
      if (known.requestHash === idempotency.requestHash) return known.results;
      throw new SegflowError('idempotency_key_reused', 'the idempotency key was used for another request', {
        hint: 'Use a new key.',
      });
    }
    const results = operations.map((operation) => this.#apply(operation));
    if (idempotency) this.#answers.set(idempotency.key, { requestHash: idempotency.requestHash, results });
    return results;
  }

  async withChanges<T>(userId: string, work: () => Promise<T>): Promise<{ result: T; changes: Changes }> {
    const result = await work();
    this.awaited.push(userId);
    return {
      result,
      changes: {
        segments: { entered: ['all-users'], left: [] },
        campaigns: { entered: ['welcome'], left: [] },
      },
    };
  }

  async journey(userId: string): Promise<Journey> {
    this.#fail();
    const attributes = this.users.get(userId);
    if (!attributes)
      throw new SegflowError('user_not_found', `there is no user "${userId}"`, { hint: 'Add it.' });
    const events = this.events
      .filter((event) => event.userId === userId)
      .map(({ name, attributes }) => ({ name, attributes, createdAt: AT }));
    return { id: userId, attributes, createdAt: AT, segments: ['all-users'], runs: [], messages: [], events };
  }

  async messages(filter: MessageQuery): Promise<MessageItem[]> {
    this.#fail();
    this.queries.push(filter);
    return [
      {
        id: 'msg_1',
        userId: filter.userId ?? 'u',
        template: 'welcome-email',
        campaign: 'welcome',
        to: 'a@example.com',
        subject: 'Welcome',
        status: 'sent',
        reason: null,
        createdAt: AT,
        sentAt: AT,
      },
    ];
  }

  async status(): Promise<Status> {
    this.#fail();
    return {
      version: '1.2.3',
      store: 'memory',
      deployment: null,
      pauses: this.paused,
      nodes: null,
      restored: this.restored,
      users: this.users.size,
      events: this.events.length,
      pending: 0,
      segments: [{ id: 'all-users', size: this.users.size, evaluatedAt: null }],
      campaigns: [
        { id: 'tips', entered: 2, converted: 0, goal: false },
        { id: 'welcome', entered: 3, converted: 1, goal: true },
      ],
      runs: { running: 1 },
      messages: {},
      ledger: { total: 0, balanced: true },
    };
  }

  async push(body: Push): Promise<DeploymentAnswer | Planning> {
    this.#fail();
    this.pushed.push(body);
    const progress = this.planning.shift();
    if (progress) return { planning: progress };
    return { ...this.#answer(body), environment: Object.keys(body.environment) };
  }

  async rollback(body: Rollback): Promise<DeploymentAnswer | Planning> {
    this.#fail();
    this.rolledBack.push(body);
    return this.#answer(body);
  }

  async deployments(): Promise<DeploymentItem[]> {
    this.#fail();
    const origin = { by: 'ada', commit: '0123456789', message: 'Welcome anew' };
    return [
      { id: 'abc', createdAt: AT, activatedAt: AT, active: true, origin, runs: 3 },
      {
        id: 'old',
        createdAt: AT,
        activatedAt: AT,
        active: false,
        origin: { rolledBackBy: 'grace', rolledBackFrom: 'laptop' },
        runs: 0,
      },
    ];
  }

  async explain(userId: string, campaign: string | undefined): Promise<Explanation> {
    this.#fail();
    if (!this.users.has(userId)) {
      throw new SegflowError('user_not_found', `there is no user "${userId}"`, { hint: 'Add it.' });
    }
    return {
      user: userId,
      pending: false,
      deployment: 'abc',
      campaigns: [
        {
          campaign: campaign ?? 'welcome',
          behavior: 'static',
          summary: 'The user is not in it: not in all-users.',
          qualifies: false,
          conditions: [
            {
              segment: 'all-users',
              role: 'required',
              member: false,
              since: null,
              sql: 'select `id` from `users`',
              params: [],
              sees: [{ name: 'attributes.plan', value: 'free' }],
            },
          ],
          pauses: [],
          runs: [],
        },
      ],
    };
  }

  async pauses(): Promise<PauseItem[]> {
    this.#fail();
    return this.paused;
  }

  async pause({ campaign, reason = '' }: PauseBody): Promise<PauseItem> {
    this.#fail();
    const item: PauseItem = { campaign: campaign ?? null, cause: 'manual', reason, since: AT };
    this.paused.push(item);
    return item;
  }

  async resume(campaign: string | undefined): Promise<boolean> {
    this.#fail();
    const before = this.paused.length;
    this.paused = this.paused.filter((item) => item.campaign !== (campaign ?? null));
    return this.paused.length < before;
  }

  async retry(body: RetryBody): Promise<RetryAnswer> {
    this.#fail();
    this.retried.push(body);
    return { retried: 2 };
  }

  async notReady(): Promise<string | undefined> {
    return this.reason;
  }

  #answer({ dryRun, inFlight, existing }: Pick<Push, 'dryRun' | 'inFlight' | 'existing'>): DeploymentAnswer {
    const content = { added: [], removed: [], changed: [] };
    return {
      deployment: 'abc',
      changed: !dryRun,
      applied: !dryRun,
      environment: [],
      segments: content,
      campaigns: { added: [], removed: [] },
      templates: [],
      transactions: [],
      plan: {
        token: 'token',
        deployment: 'abc',
        changed: true,
        inFlight,
        existing,
        segments: [],
        campaigns: [],
        templates: content,
        transactions: content,
        people: 0,
        confirm: false,
        ...this.plan,
      },
    };
  }

  #apply(operation: BackendOperation): OperationResult {
    if (operation.type === 'user') {
      const before = this.users.get(operation.id);
      if (!before && operation.mode === 'merge') return unknownUser(operation.id);
      const attributes = mergePatch(before ?? {}, operation.attributes);
      this.users.set(operation.id, attributes);
      return { ok: true, type: 'user', created: !before, attributes };
    }
    if (operation.type === 'delete') {
      if (!this.users.delete(operation.id)) return unknownUser(operation.id);
      this.events = this.events.filter(({ userId }) => userId !== operation.id);
      return { ok: true, type: 'delete' };
    }
    if (!this.users.has(operation.userId)) return unknownUser(operation.userId);
    const { userId, messageId } = operation;
    const duplicate =
      messageId !== undefined && this.events.some((e) => e.userId === userId && e.messageId === messageId);
    if (!duplicate) this.events.push(operation);
    return { ok: true, type: 'event', duplicate };
  }

  #fail(): void {
    const error = this.failWith;
    this.failWith = undefined;
    if (error !== undefined) throw error;
  }
}

function unknownUser(id: string): OperationResult {
  return {
    ok: false,
    error: { code: 'user_not_found', message: `there is no user "${id}"`, hint: 'Add it first.' },
  };
}
