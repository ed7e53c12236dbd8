import type { Deployment, Prepared } from './deployments.ts';
import type { Existing, InFlight, PlanProgress } from './plan-shape.ts';
import type { Bundle, Host, Store } from './ports.ts';

/** What the parts of a plan are made from. */
export interface PlanWorld {
  store: Store;
  host: Host;
  prepared: Prepared;
  before: Deployment | undefined;
  /** The code of a deployment. */
  bundle: (deploymentId: string) => Promise<Bundle>;
  inFlight: InFlight;
  existing: Existing;
  onProgress: (progress: PlanProgress) => void;
}
