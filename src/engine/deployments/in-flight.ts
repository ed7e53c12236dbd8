import type { Manifest } from '../ports/manifest.ts';
import type { LiveRun, NewRun, RunHead } from '../ports/runs.ts';
import type { Statements } from '../ports/store.ts';
import { CANCELLED, type Ending, REMOVED, RESTARTED } from '../rules/endings.ts';
import type { InFlight } from './plan-shape.ts';

const BATCH = 1_000;

/**
 * Applies the chosen `--in-flight` rule within the transaction of a deployment: runs of removed
 * campaigns are cancelled, the others are pinned, restarted or cancelled. Runs that may migrate are
 * left alone: a run adopts the newest code that follows its history when it wakes.
 */
export async function settleInFlight(
  tx: Statements,
  {
    deploymentId,
    manifest,
    inFlight,
    at,
  }: { deploymentId: string; manifest: Manifest; inFlight: InFlight; at: number },
): Promise<void> {
  const kept = new Set(manifest.campaigns.map(({ id }) => id));
  const isStatic = new Set(
    manifest.campaigns.filter(({ behavior }) => behavior === 'static').map(({ id }) => id),
  );
  // Runs that this transaction starts are not in flight.
  const until = await tx.newestRun();
  for (const campaignId of await tx.liveCampaigns()) {
    if (!kept.has(campaignId)) {
      await eachPage(tx, campaignId, until, (runs) => cancel(tx, runs, REMOVED, at));
    } else if (inFlight === 'pin') {
      await eachPage(tx, campaignId, until, (runs) => tx.pinRuns(runs.map(({ id }) => id)));
    } else if (inFlight === 'cancel') {
      await eachPage(tx, campaignId, until, (runs) => cancel(tx, runs, CANCELLED, at));
    } else if (inFlight === 'restart') {
      await eachPage(tx, campaignId, until, async (runs) => {
        await cancel(tx, runs, RESTARTED, at);
        // The evaluation that follows decides who still belongs in a dynamic campaign, and enters
        // them.
        const start = { deploymentId, enteredAt: at, afterEvent: await tx.lastEventId() };
        if (isStatic.has(campaignId)) await tx.insertRuns(runs.map((run) => restarted(run, start)));
      });
    }
  }
}

// --- internal ------------------------------------------------------------------------------------

async function eachPage(
  tx: Statements,
  campaignId: string,
  until: number,
  work: (runs: LiveRun[]) => Promise<void>,
): Promise<void> {
  let after = 0;
  while (true) {
    const runs = await tx.liveRuns(campaignId, { after, until, limit: BATCH });
    if (runs.length === 0) return;
    await work(runs);
    after = runs.at(-1)!.id;
  }
}

async function cancel(tx: Statements, runs: RunHead[], end: Ending, at: number): Promise<void> {
  const ids = runs.map(({ id }) => id);
  await tx.cancelRuns(ids, { ...end, at });
  await tx.skipMessagesOf(ids, end.reason);
}

/** The new run keeps the cause of the old run's entry. */
function restarted(
  { campaignId, userId, entry, entryEventId }: LiveRun,
  start: Pick<NewRun, 'deploymentId' | 'enteredAt' | 'afterEvent'>,
): NewRun {
  return { campaignId, userId, entry: entry + 1, entryEventId, ...start };
}
