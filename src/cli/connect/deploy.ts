import type { ArgsDef } from 'citty';
import { SegflowError } from '../../core/errors.ts';
import type { DeploymentAnswer } from '../../protocol/api.ts';
import type { Plan, Planning } from '../../protocol/plan.ts';
import { ask } from '../command-line/ask.ts';
import { print } from '../print/output.ts';
import { formatPlan } from '../print/plan.ts';
import type { ServerConnection } from './connection.ts';

/** Long, because the server compiles and renders everything before it answers. */
const TIMEOUT_MS = 120_000;
const IN_FLIGHT = ['migrate', 'pin', 'restart', 'cancel'] as const;
const EXISTING = ['enter', 'skip'] as const;

/** Flags of the commands that activate a configuration. */
export const deployArgs = {
  'dry-run': { type: 'boolean', description: 'Only show the plan' },
  yes: { type: 'boolean', alias: 'y', description: 'Do it without asking' },
  'in-flight': {
    type: 'string',
    valueHint: IN_FLIGHT.join('|'),
    default: 'migrate',
    description: 'What happens to runs in flight',
  },
  existing: {
    type: 'string',
    valueHint: EXISTING.join('|'),
    default: 'enter',
    description: 'Whether people who already qualify enter a new campaign',
  },
} as const satisfies ArgsDef;

export const DEPLOY_NOTES = `Runs in flight (restart and cancel ask first on a terminal, too):
  migrate   runs whose history fits the new code move to it; the others stay on the code they started with
  pin       all runs stay on the code they started with
  restart   all runs end, and start again from the beginning
  cancel    all runs end
Runs of a campaign that the config no longer has end, whatever you choose.`;

export interface DeployFlags {
  'dry-run'?: boolean | undefined;
  yes?: boolean | undefined;
  'in-flight': string;
  existing: string;
  json?: boolean | undefined;
}

/** The choices in the flags, for a request's body. Throws `invalid_input`. */
export function choiceOf(flags: DeployFlags) {
  return {
    inFlight: oneOf('--in-flight', flags['in-flight'], IN_FLIGHT),
    existing: oneOf('--existing', flags.existing, EXISTING),
  };
}

/**
 * Requests a plan from the server, shows it, asks for confirmation when people would be mailed and
 * there is a terminal, and then activates exactly what was planned. Returns undefined if only a
 * plan was requested.
 */
export async function deploy(
  server: ServerConnection,
  { path, body, flags }: { path: string; body: object; flags: DeployFlags },
): Promise<{ planned: DeploymentAnswer; done?: DeploymentAnswer }> {
  const planned = await plan(server, path, body);
  if (!flags.json) await print(formatPlan(planned.plan));
  if (flags['dry-run']) return { planned };
  if (!flags.yes) await agree(planned.plan);
  const done = await server.request<DeploymentAnswer>({
    method: 'POST',
    path,
    timeoutMs: TIMEOUT_MS,
    body: { ...body, plan: planned.plan.token },
  });
  return { planned, done };
}

// --- internal ---

async function plan(server: ServerConnection, path: string, body: object): Promise<DeploymentAnswer> {
  let shown = false;
  while (true) {
    const answer = await server.request<DeploymentAnswer | Planning>({
      method: 'POST',
      path,
      timeoutMs: TIMEOUT_MS,
      body: { ...body, dryRun: true },
    });
    if (process.stderr.isTTY && ('planning' in answer || shown)) {
      process.stderr.write('planning' in answer ? `\r${progressOf(answer)}\u001b[K` : '\r\u001b[K');
      shown = true;
    }
    if (!('planning' in answer)) return answer;
  }
}

function progressOf({ planning: { stage, done, total } }: Planning): string {
  const counted = total > 0 ? ` ${done.toLocaleString('en')} of ${total.toLocaleString('en')}` : '';
  return `planning: ${stage}${counted}`;
}

async function agree(plan: Plan): Promise<void> {
  if (!plan.changed) return;
  const ended = plan.campaigns.reduce((sum, { runs }) => sum + runs.cancel + runs.restart, 0);
  if (process.stdin.isTTY && process.stderr.isTTY) {
    if (plan.people === 0 && ended === 0 && !plan.confirm) return;
    const what =
      plan.people > 0
        ? `${people(plan.people)} would be mailed`
        : ended > 0
          ? `${ended.toLocaleString('en')} ${ended === 1 ? 'run' : 'runs'} would end`
          : 'Ready';
    const answer = await ask(`${what}. Put it in force? [y/N]`);
    if (/^y(es)?$/i.test(answer)) return;
    throw new SegflowError('invalid_input', 'not confirmed: nothing was changed');
  }
  if (!plan.confirm) return;
  throw new SegflowError(
    'invalid_input',
    'not confirmed: nothing was changed, because this config requires pushes to be confirmed (push: { confirm: true })',
    { hint: 'Check the plan with --dry-run, then add --yes.' },
  );
}

function people(count: number): string {
  return count === 1 ? '1 person' : `${count.toLocaleString('en')} people`;
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found) return found;
  throw new SegflowError('invalid_input', `${flag} is one of ${allowed.join(', ')}, got "${value}"`);
}
