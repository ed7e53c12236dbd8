import { crashPoint } from '../core/crash-point.ts';
import { messageOf, SegflowError } from '../core/errors.ts';
import { hash53 } from '../core/hash.ts';
import { canonicalJson } from '../core/json.ts';
import type { TransactionsOf } from './ingest.ts';
import type { Mutex } from './mutex.ts';
import type {
  Bundle,
  DeploymentRow,
  Host,
  Inspection,
  Manifest,
  ManifestSegment,
  Problem,
  ProviderSettings,
  Statements,
  Store,
} from './ports.ts';
import type { SecretBox } from './secret-box.ts';

/** The configuration in force. */
export interface Deployment {
  id: string;
  manifest: Manifest;
  bundle: Bundle;
  activatedAt: number;
  /** The store's token of this activation. */
  activation: string;
}

/** What a push changed. */
export interface Activation {
  deployment: Deployment;
  /** False when the same code with the same environment was active already. */
  changed: boolean;
  segments: { added: string[]; removed: string[]; changed: string[] };
  campaigns: { added: string[]; removed: string[] };
}

const CANCEL_BATCH = 1_000;

/**
 * Which code is in force. The active deployment is the latest activated row; its decrypted form is kept in memory.
 * An activation is one transaction under the evaluation lock, so that no segment is evaluated by one configuration and
 * committed under another; a crash leaves either the old configuration or the new one with its sweep begun.
 */
export class Deployments {
  #store: Store;
  #host: Host;
  #secrets: SecretBox;
  #evaluation: Mutex;
  #active: Deployment | undefined;
  #activation: string | undefined;
  #instanceId: Promise<string> | undefined;
  #bundles = new Map<string, Bundle>();
  #providers = new Map<string, Promise<ProviderSettings>>();

  constructor(options: { store: Store; host: Host; secrets: SecretBox; evaluation: Mutex }) {
    this.#store = options.store;
    this.#host = options.host;
    this.#secrets = options.secrets;
    this.#evaluation = options.evaluation;
  }

  async active(): Promise<Deployment | undefined> {
    if (this.#activation === undefined) await this.refresh();
    return this.#active;
  }

  /** Asks the store whether another process has put another configuration in force. Returns whether one has. */
  async refresh(): Promise<boolean> {
    const activation = await this.#store.activation();
    if (activation === this.#activation) return false;
    const row = await this.#store.activeDeployment();
    this.#active = row && (await this.#deployment(row, activation));
    this.#activation = activation;
    return true;
  }

  /** The installation's own id. */
  instanceId(): Promise<string> {
    this.#instanceId ??= this.#store.instanceId();
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
      provider = this.#host.inspect(bundle).then((inspection) => inspection.provider);
      this.#providers.clear();
      this.#providers.set(bundle.id, provider);
      provider.catch(() => this.#providers.delete(bundle.id));
    }
    return provider;
  }

  async transactions(): Promise<TransactionsOf | undefined> {
    const active = await this.active();
    if (!active) return undefined;
    const byEvent = new Map<string, string[]>();
    for (const { id, event } of active.manifest.transactions) {
      byEvent.set(event, [...(byEvent.get(event) ?? []), id]);
    }
    return { instanceId: await this.instanceId(), deploymentId: active.id, byEvent };
  }

  /**
   * Checks the code, stores it and puts it in force.
   * @throws `invalid_config` with `details: Problem[]`; nothing changes then.
   */
  async push(input: { code: string; environment: Record<string, string> }): Promise<Activation> {
    const id = await codeId(input.code);
    const bundle = bundleOf({ id, ...input });
    const inspection = await this.#host.inspect(bundle);
    const manifest = await this.#manifest(inspection);
    const environment = await this.#secrets.seal(input.environment);
    return this.#evaluation.run(async () => {
      await this.refresh();
      const before = await this.active();
      const changes = diff(before?.manifest, manifest);
      if (before?.bundle.id === bundle.id) {
        return { deployment: before, changed: false, ...changes };
      }
      const { at: activatedAt, activation } = await this.#store.transaction(async (tx) => {
        const at = await tx.now();
        const row: DeploymentRow = {
          id,
          code: input.code,
          environment,
          manifest,
          createdAt: at,
          activatedAt: at,
        };
        await tx.putDeployment(row);
        await tx.activate(id, manifest, at);
        await cancelRemoved(tx, manifest, at);
        await tx.startSweep();
        crashPoint('deploy:before-commit');
        return { at, activation: await tx.activation() };
      });
      crashPoint('deploy:after-commit');
      const deployment: Deployment = { id, manifest, bundle, activatedAt, activation };
      this.#active = deployment;
      this.#activation = activation;
      this.#bundles.set(id, bundle);
      this.#providers.clear();
      this.#providers.set(bundle.id, Promise.resolve(inspection.provider));
      return { deployment, changed: true, ...changes };
    });
  }

  async #manifest(inspection: Inspection): Promise<Manifest> {
    const problems: Problem[] = [];
    const segments: ManifestSegment[] = [];
    for (const segment of inspection.manifest.segments) {
      try {
        const traits = await this.#store.inspectSegment(segment);
        segments.push({
          ...segment,
          traits,
          timeDependent: segment.volatile || traits.readsClock || READS_ENGINE_TABLES.test(segment.sql),
        });
      } catch (error) {
        if (
          !SegflowError.is(error) ||
          (error.code !== 'invalid_config' && error.code !== 'store_unsupported')
        )
          throw error;
        problems.push({
          path: `segments.${segment.id}.evaluator`,
          message: messageOf(error),
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        });
      }
    }
    if (problems.length > 0) {
      throw new SegflowError('invalid_config', `the configuration has ${problems.length} problem(s)`, {
        details: problems,
        hint: 'Nothing was changed. Mend them and push again.',
      });
    }
    return { ...inspection.manifest, segments };
  }

  async #deployment(row: DeploymentRow, activation: string): Promise<Deployment> {
    const environment = (await this.#secrets.open(row.environment)) as Record<string, string>;
    const bundle = bundleOf({ id: row.id, code: row.code, environment });
    this.#bundles.set(row.id, bundle);
    return {
      id: row.id,
      manifest: row.manifest,
      bundle,
      activatedAt: row.activatedAt ?? row.createdAt,
      activation,
    };
  }
}

// --- internal ------------------------------------------------------------------------------------

/** Members of a segment over these tables change without a user's attributes or events changing. */
const READS_ENGINE_TABLES = /`(messages|runs|segment_members|campaigns|segments|deployments)`/;

/** The same code under another environment is loaded anew by the host, so the environment is part of the bundle's id. */
function bundleOf(input: Bundle): Bundle {
  return { ...input, id: `${input.id}.${hash53(canonicalJson(input.environment))}` };
}

async function codeId(code: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(code));
  return Buffer.from(digest).toString('hex').slice(0, 32);
}

async function cancelRemoved(tx: Statements, manifest: Manifest, at: number): Promise<void> {
  const kept = manifest.campaigns.map(({ id }) => id);
  while (true) {
    const ids = (await tx.liveRunsOutside(kept, CANCEL_BATCH)).map((run) => run.id);
    if (ids.length === 0) return;
    await tx.cancelRuns(ids, 'the campaign was removed', at);
    await tx.skipMessagesOf(ids, 'the campaign was removed');
  }
}

function diff(before: Manifest | undefined, after: Manifest): Pick<Activation, 'segments' | 'campaigns'> {
  const old = new Map(before?.segments.map((segment) => [segment.id, segment]));
  const removed = <T extends { id: string }>(was: T[] | undefined, is: T[]) =>
    (was ?? []).filter(({ id }) => !is.some((item) => item.id === id)).map(({ id }) => id);
  const campaignsBefore = new Set(before?.campaigns.map(({ id }) => id));
  return {
    segments: {
      added: after.segments.filter(({ id }) => !old.has(id)).map(({ id }) => id),
      removed: removed(before?.segments, after.segments),
      changed: after.segments
        .filter((segment) => {
          const was = old.get(segment.id);
          return was && (was.sql !== segment.sql || (!segment.volatile && !sameParams(was, segment)));
        })
        .map(({ id }) => id),
    },
    campaigns: {
      added: after.campaigns.filter(({ id }) => !campaignsBefore.has(id)).map(({ id }) => id),
      removed: removed(before?.campaigns, after.campaigns),
    },
  };
}

function sameParams(a: ManifestSegment, b: ManifestSegment): boolean {
  return canonicalJson(a.params) === canonicalJson(b.params);
}
