import type { Deployment, PreparedDeployment } from '../deployments/deployments.ts';
import type { Existing, InFlight, PlanProgress } from '../deployments/plan-shape.ts';
import type { Host } from '../ports/host.ts';
import type { Bundle } from '../ports/manifest.ts';
import type { Store } from '../ports/store.ts';

/** What the parts of a plan are made from. */
export interface PlanWorld {
  store: Store;
  host: Host;
  prepared: PreparedDeployment;
  before: Deployment | undefined;
  /** The code of a deployment. */
  bundle: (deploymentId: string) => Promise<Bundle>;
  inFlight: InFlight;
  existing: Existing;
  onProgress: (progress: PlanProgress) => void;
}
