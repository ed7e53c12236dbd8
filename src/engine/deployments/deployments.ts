import { crashPoint } from '../../core/crash-point.ts';
import { SegflowError } from '../../core/errors.ts';
import { hash53 } from '../../core/hash.ts';
import { canonicalJson } from '../../core/json.ts';
import type { Mutex } from '../../core/mutex.ts';
import type { TransactionsOf } from '../ingest/changes.ts';
import type { InForce } from '../ingest/ingest.ts';
import type { DeploymentRow } from '../ports/deployments.ts';
import type { Host } from '../ports/host.ts';
import { SETTLE_AFTER_MS } from '../ports/mail.ts';
import type { Bundle, Manifest, ProviderSettings } from '../ports/manifest.ts';
import type { Store } from '../ports/store.ts';
import { eventMatters } from '../rules/triggers.ts';
import { DeploymentSecrets } from './deployment-secrets.ts';
import { formerDeployment } from './former-deployment.ts';
import { settleInFlight } from './in-flight.ts';
import { changesBetween } from './manifest-changes.ts';
import type { Existing, InFlight, PlannedChange } from './plan-shape.ts';
import type { SecretBox } from './secret-box.ts';
import { withCurrentFacts } from './segment-facts.ts';
import { withSkips } from './skip-existing.ts';
import { manifestOn } from './store-manifest.ts';

/** The configuration in force. */
export interface Deployment {
  id: string;
  manifest: Manifest;
  /** Throws `unavailable` unless the code is whole. */
  readonly bundle: Bundle;
  /** False when the code in the store is not what was pushed: then it is not run. */
  isWhole: boolean;
  origin: Record<string, string>;
  activatedAt: number;
  /** The store's token of this deployment being in force. */
  revision: string;
}

/** What a push changed. */
export interface PushResult {
  deployment: Deployment;
  /** False when the same code with the same environment was active already. */
  changed: boolean;
  segments: { added: string[]; removed: string[]; changed: string[] };
  campaigns: { added: string[]; removed: string[] };
}

export interface PushInput {
  code: string;
  environment: Record<string, string>;
  origin?: Record<string, string> | undefined;
}

export interface DeploymentChoice {
  inFlight?: InFlight | undefined;
  existing?: Existing | undefined;
  /** The token of the plan that was agreed to. */
  plan?: string | undefined;
}

/** A configuration that was checked and can be put in force. */
export interface PreparedDeployment {
  id: string;
  bundle: Bundle;
  manifest: Manifest;
  row: Omit<DeploymentRow, 'createdAt' | 'activatedAt'>;
  provider: ProviderSettings;
}

/** Checked deployments kept in memory: a push follows its plan. */
const KEPT = 3;

/**
 * Which code is in force. The active deployment is the latest activated row; its decrypted form is kept in memory.
 * An activation is one transaction under the evaluation lock, so that no segment is evaluated by one configuration and
 * committed under another; a crash leaves either the old configuration or the new one with its sweep begun.
 */
export class Deployments {
  #store: Store;
  #host: Host;
  #secrets: DeploymentSecrets;
  #evaluation: Mutex;
  #settleAfterMs: number;
  #active: Deployment | undefined;
  #revision: string | undefined;
  #instanceId: string | undefined;
  #bundles = new Map<string, Bundle>();
  #providers = new Map<string, Promise<ProviderSettings>>();
  #prepared = new Map<string, PreparedDeployment>();

  constructor(options: {
    store: Store;
    host: Host;
    secrets: SecretBox;
    evaluation: Mutex;
    /** The server's own environment. It takes precedence over what the push captured. */
    environment?: Record<string, string | undefined> | undefined;
    settleAfterMs?: number | undefined;
  }) {
    this.#store = options.store;
    this.#host = options.host;
    this.#secrets = new DeploymentSecrets(options.secrets, options.environment);
    this.#evaluation = options.evaluation;
    this.#settleAfterMs = options.settleAfterMs ?? SETTLE_AFTER_MS;
  }

  /** The active deployment as last seen by this process. */
  get current(): Deployment | undefined {
    return this.#active;
  }

  async active(): Promise<Deployment | undefined> {
    if (this.#revision === undefined) await this.refresh();
    return this.#active;
  }

  /** Asks the store whether another process has put another configuration in force. Returns whether one has. */
  async refresh(): Promise<boolean> {
    const revision = await this.#store.revision();
    if (revision === this.#revision) return false;
    const row = await this.#store.activeDeployment();
    this.#active = row && (await this.#deployment(row, revision));
    this.#revision = revision;
    return true;
  }

  /** The installation's own id. */
  async instanceId(): Promise<string> {
    this.#instanceId ??= await this.#store.instanceId();
    return this.#instanceId;
  }

  /** The code of any deployment ever pushed. */
  async bundle(id: string): Promise<Bundle> {
    const cached = this.#bundles.get(id);
    if (cached) return cached;
    const row = await this.#store.deployment(id);
    if (!row) throw new SegflowError('internal', `the code of deployment ${id} is missing from the store`);
    return (await this.#deployment(row, '')).bundle;
  }

  /** How the active deployment sends mail. */
  async provider(deployment: Deployment): Promise<ProviderSettings> {
    const { bundle } = deployment;
    let provider = this.#providers.get(bundle.id);
    if (!provider) {
      provider = this.#providerOf(deployment);
      this.#providers.clear();
      this.#providers.set(bundle.id, provider);
      provider.catch(() => this.#providers.delete(bundle.id));
    }
    return provider;
  }

  async #providerOf({ id, bundle }: Deployment): Promise<ProviderSettings> {
    const row = await this.#store.deployment(id);
    const stored = row && (await this.#secrets.open(row)).provider;
    return stored ?? (await this.#host.inspect(bundle)).provider;
  }

  async transactions(): Promise<TransactionsOf | undefined> {
    return (await this.inForce()).transactions;
  }

  async inForce(): Promise<InForce> {
    const active = await this.active();
    if (!active) {
      return { revision: this.#revision ?? '', transactions: undefined, eventMatters: () => false };
    }
    const byEvent = new Map<string, string[]>();
    for (const { id, event } of active.manifest.transactions) {
      byEvent.set(event, [...(byEvent.get(event) ?? []), id]);
    }
    const transactions = { instanceId: await this.instanceId(), deploymentId: active.id, byEvent };
    return { revision: active.revision, transactions, eventMatters: eventMatters(active.manifest) };
  }

  /** Checks the code, stores it and puts it in force. @throws `invalid_config` with `details: Problem[]`; nothing changes then. */
  async push(input: PushInput, choice: DeploymentChoice = {}): Promise<PushResult> {
    return this.activate(await this.prepare(input), choice);
  }

  /** Checks the code; nothing changes. @throws `invalid_config` with `details: Problem[]`. */
  async prepare(input: PushInput): Promise<PreparedDeployment> {
    const id = await codeId(input.code);
    const bundle = bundleOf({ id, code: input.code, environment: input.environment });
    const origin = input.origin ?? {};
    // A push that was planned a moment ago is not rendered and compiled again.
    const known = this.#prepared.get(bundle.id);
    if (known) return { ...known, row: { ...known.row, origin } };
    const inspection = await this.#host.inspect(bundle);
    const { provider } = inspection;
    const manifest = await manifestOn(this.#store, inspection);
    const environment = await this.#secrets.seal(bundle, provider);
    const row = { id, code: input.code, environment, manifest, origin };
    const prepared = { id, bundle, manifest, row, provider };
    for (const old of this.#prepared.keys()) if (this.#prepared.size >= KEPT) this.#prepared.delete(old);
    this.#prepared.set(bundle.id, prepared);
    return prepared;
  }

  /**
   * An earlier deployment, unchanged; without an id, the one that was in force before the current
   * one.
   * @param by the person who rolls back, and from which host: recorded when the deployment is in
   * force.
   * @throws `not_found`
   */
  async former(
    id?: string,
    by: { by?: string | undefined; host?: string | undefined } = {},
  ): Promise<PreparedDeployment> {
    await this.refresh();
    const row = await formerDeployment(this.#store, { id, activeId: this.#active?.id });
    const { bundle } = await this.#deployment(row, '');
    const stored = (await this.#secrets.open(row)).provider;
    const provider = stored ?? (await this.#host.inspect(bundle)).provider;
    const { skipExisting: _, ...manifest } = withCurrentFacts(row.manifest);
    const { code } = row;
    const { rolledBackBy: _by, rolledBackFrom: _from, ...pushed } = row.origin;
    const origin = {
      ...pushed,
      ...(by.by ? { rolledBackBy: by.by } : {}),
      ...(by.host ? { rolledBackFrom: by.host } : {}),
    };
    const environment = await this.#secrets.seal(bundle, provider);
    return {
      id: row.id,
      bundle,
      manifest,
      row: { id: row.id, code, environment, manifest, origin },
      provider,
    };
  }

  /**
   * Identifies the input of a plan: the configuration in force at the time, the new one, and the
   * choices.
   */
  async planToken(prepared: PreparedDeployment, choice: DeploymentChoice): Promise<string> {
    await this.active();
    const { inFlight = 'migrate', existing = 'enter' } = choice;
    return hash53(canonicalJson([this.#revision ?? '', prepared.bundle.id, inFlight, existing]));
  }

  /**
   * Stores the configuration and puts it in force, in one transaction.
   * @throws `conflict` when the agreed plan was made for another state; nothing changes then.
   */
  async activate(prepared: PreparedDeployment, choice: DeploymentChoice = {}): Promise<PushResult> {
    return this.#evaluation.run(async () => {
      await this.refresh();
      const before = await this.active();
      const { id, bundle } = prepared;
      const changes = summary(before?.manifest, prepared.manifest);
      if (before && isSame(before, prepared, choice)) {
        return { deployment: before, changed: false, ...changes };
      }
      if (choice.plan !== undefined && choice.plan !== (await this.planToken(prepared, choice))) {
        throw superseded();
      }
      const manifest = await withSkips(this.#store, {
        before: before?.manifest,
        manifest: prepared.manifest,
        existing: choice.existing,
      });
      const sendsAlike = before !== undefined && (await this.#sendsAlike(before, prepared));
      const { at: activatedAt, revision } = await this.#store.transaction(async (tx) => {
        if ((await tx.revision()) !== this.#revision) throw superseded();
        const at = await tx.now();
        await tx.putDeployment({ ...prepared.row, manifest, createdAt: at, activatedAt: at });
        await tx.activate(id, manifest, at);
        await settleInFlight(tx, { deploymentId: id, manifest, inFlight: choice.inFlight ?? 'migrate', at });
        await tx.wakeBlocked(at);
        if (!sendsAlike) await tx.retryMessages({ at, askAt: at + this.#settleAfterMs });
        await tx.startSweep();
        crashPoint('deploy:before-commit');
        return { at, revision: await tx.revision() };
      });
      crashPoint('deploy:after-commit');
      const { origin } = prepared.row;
      const deployment: Deployment = { id, manifest, bundle, isWhole: true, origin, activatedAt, revision };
      this.#active = deployment;
      this.#revision = revision;
      this.#bundles.set(id, bundle);
      this.#providers.clear();
      this.#providers.set(bundle.id, Promise.resolve(prepared.provider));
      return { deployment, changed: true, ...changes };
    });
  }

  /**
   * Whether mail is sent with the same settings as before. Code whose former settings are no longer
   * known counts as different.
   */
  async #sendsAlike(before: Deployment, { provider }: PreparedDeployment): Promise<boolean> {
    const former = await this.provider(before).catch(() => undefined);
    return former !== undefined && canonicalJson(former) === canonicalJson(provider);
  }

  async #deployment(row: DeploymentRow, revision: string): Promise<Deployment> {
    const isWhole = (await codeId(row.code)) === row.id;
    const { environment } = await this.#secrets.open(row);
    const bundle = bundleOf({ id: row.id, code: row.code, environment });
    if (isWhole) this.#bundles.set(row.id, bundle);
    return {
      id: row.id,
      manifest: withCurrentFacts(row.manifest),
      isWhole,
      // The manifest stays usable: events are recorded and segments are evaluated.
      get bundle() {
        if (!isWhole) throw damagedCode(row.id);
        return bundle;
      },
      origin: row.origin,
      activatedAt: row.activatedAt ?? row.createdAt,
      revision,
    };
  }
}

// --- internal ------------------------------------------------------------------------------------

/**
 * The host reloads the same code for another environment, so the environment is part of the
 * bundle's id.
 */
function bundleOf(input: Bundle): Bundle {
  return { ...input, id: `${input.id}.${hash53(canonicalJson(input.environment))}` };
}

async function codeId(code: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(code));
  return Buffer.from(digest).toString('hex').slice(0, 32);
}

/**
 * A deployment's id is the hash of its code. Code with another hash was not pushed and is not run.
 */
function damagedCode(id: string): SegflowError {
  return new SegflowError('unavailable', `the code of deployment ${id} in the store is not what was pushed`, {
    hint: 'Something else has changed the database. Push the same code again, or restore a backup.',
  });
}

function superseded(): SegflowError {
  return new SegflowError('conflict', 'another configuration was put in force since this one was planned', {
    hint: 'Nothing was changed. Run it again to see what it would do now.',
  });
}

function isSame(before: Deployment, prepared: PreparedDeployment, choice: DeploymentChoice): boolean {
  const { inFlight = 'migrate' } = choice;
  return before.isWhole && before.bundle.id === prepared.bundle.id && inFlight === 'migrate';
}

function summary(before: Manifest | undefined, after: Manifest): Pick<PushResult, 'segments' | 'campaigns'> {
  const { segments, campaigns } = changesBetween(before, after);
  const those = (changes: Map<string, PlannedChange>, wanted: PlannedChange) =>
    [...changes].filter(([, change]) => change === wanted).map(([id]) => id);
  return {
    segments: {
      added: those(segments, 'added'),
      removed: those(segments, 'removed'),
      changed: those(segments, 'changed'),
    },
    campaigns: { added: those(campaigns, 'added'), removed: those(campaigns, 'removed') },
  };
}
