import type { Fence, Slots } from '../engine/ports/leases.ts';
import type { Statements, Store } from '../engine/ports/store.ts';
import type { Context } from './driver/context.ts';
import type { Connection, Driver } from './driver/driver.ts';
import { type RestoredFact, readFact } from './driver/instance-state.ts';
import { tally } from './driver/tally.ts';
import { checkFence, leasesOn } from './leases.ts';
import { allStatements } from './statements/all.ts';
import { findSegmentChanges, markHere } from './statements/segment-changes.ts';
import { finishSweep, sweepUnderWay } from './statements/sweeps.ts';

export interface DisposableStore extends Store, AsyncDisposable {
  readonly product: Driver['product'];
}

/** The store over a driver whose schema is up to date. */
export function storeOn(driver: Driver): DisposableStore {
  const sequence = sequenceOf();
  const leases = driver.shared ? leasesOn(driver) : undefined;
  // Set before the store is served, so one read is enough.
  let restored: RestoredFact | undefined | null = null;
  const context = (connection: Connection, now = () => driver.now(connection)): Context => ({
    connection,
    dialect: driver.dialect,
    now,
    tally: tally(),
    sequence: async () => sequence(await now()),
    absent: new Set(),
    async restored() {
      if (restored === null) restored = await readFact({ connection, dialect: driver.dialect }, 'restored');
      return restored;
    },
  });
  const inTransaction = <T>(work: (on: Context) => Promise<T>, fence?: Fence): Promise<T> =>
    driver.transaction(async (connection) => {
      let time: Promise<number> | undefined;
      const on = context(connection, () => {
        time ??= driver.now(connection);
        return time;
      });
      if (fence && leases) await checkFence(on, fence);
      const result = await work(on);
      await on.tally.flush(on);
      return result;
    });
  const transaction = <T>(work: (tx: Statements) => Promise<T>, fence?: Fence): Promise<T> =>
    inTransaction((on) => work(allStatements(on)), fence);

  const onReads = context(driver.reads);
  const reads = allStatements(onReads);
  return {
    product: driver.product,
    ...reads,
    ...writesOf(transaction),
    markSegmentChanges: (segment) =>
      findSegmentChanges(onReads, segment, (marks) => transaction((tx) => markHere(tx, marks))),
    async nextSweep(limit, slots?: Slots) {
      const batch = await reads.nextSweep(limit, slots);
      if (batch) return batch;
      const sweep = await sweepUnderWay(onReads, slots);
      if (sweep !== undefined) await inTransaction((on) => finishSweep(on, sweep, slots));
      return undefined;
    },
    transaction,
    leases,
    async restored() {
      const { backedUpAt, askUntil } = (await onReads.restored()) ?? {};
      if (backedUpAt === undefined || askUntil == null || askUntil < (await onReads.now())) return undefined;
      return { backedUpAt, askUntil };
    },
    close: () => driver.close(),
    [Symbol.asyncDispose]: () => driver.close(),
  };
}

/** The writing statements. Outside of a transaction, each call gets its own. */
function writesOf(transaction: Store['transaction']) {
  return {
    lockUsers: (ids) => transaction((tx) => tx.lockUsers(ids)),
    lockUserIds: (ids) => transaction((tx) => tx.lockUserIds(ids)),
    putUsers: (users) => transaction((tx) => tx.putUsers(users)),
    deleteUsers: (ids) => transaction((tx) => tx.deleteUsers(ids)),
    insertEvents: (events) => transaction((tx) => tx.insertEvents(events)),
    markDirty: (marks) => transaction((tx) => tx.markDirty(marks)),
    putIdempotent: (rows) => transaction((tx) => tx.putIdempotent(rows)),
    pruneIdempotent: (before) => transaction((tx) => tx.pruneIdempotent(before)),
    clearDirty: (marks) => transaction((tx) => tx.clearDirty(marks)),
    addMembers: (rows) => transaction((tx) => tx.addMembers(rows)),
    removeMembers: (rows) => transaction((tx) => tx.removeMembers(rows)),
    setEvaluated: (segmentId, at) => transaction((tx) => tx.setEvaluated(segmentId, at)),
    startSweep: () => transaction((tx) => tx.startSweep()),
    advanceSweep: (token) => transaction((tx) => tx.advanceSweep(token)),
    insertRuns: (rows) => transaction((tx) => tx.insertRuns(rows)),
    cancelRuns: (ids, end) => transaction((tx) => tx.cancelRuns(ids, end)),
    saveRuns: (updates) => transaction((tx) => tx.saveRuns(updates)),
    sealJournal: (rows) => transaction((tx) => tx.sealJournal(rows)),
    pinRuns: (ids) => transaction((tx) => tx.pinRuns(ids)),
    dropSealed: (ids) => transaction((tx) => tx.dropSealed(ids)),
    convertRuns: (ids, at) => transaction((tx) => tx.convertRuns(ids, at)),
    wakeBlocked: (at) => transaction((tx) => tx.wakeBlocked(at)),
    retryRuns: (filter, options) => transaction((tx) => tx.retryRuns(filter, options)),
    saveAwaits: (rows) => transaction((tx) => tx.saveAwaits(rows)),
    putPause: (row) => transaction((tx) => tx.putPause(row)),
    removePause: (campaignId) => transaction((tx) => tx.removePause(campaignId)),
    wakeRuns: (ids, at) => transaction((tx) => tx.wakeRuns(ids, at)),
    insertMessages: (rows) => transaction((tx) => tx.insertMessages(rows)),
    saveMessages: (updates) => transaction((tx) => tx.saveMessages(updates)),
    skipMessagesOf: (runIds, reason) => transaction((tx) => tx.skipMessagesOf(runIds, reason)),
    unsettle: (at, slots) => transaction((tx) => tx.unsettle(at, slots)),
    putDeployment: (row) => transaction((tx) => tx.putDeployment(row)),
    activate: (id, manifest, at) => transaction((tx) => tx.activate(id, manifest, at)),
  } satisfies Partial<Statements>;
}

/**
 * Grows with time, so that it also grows from one process to the next: a thousand numbers per
 * millisecond, never the same twice.
 */
function sequenceOf(): (now: number) => () => number {
  let last = 0;
  return (now) => () => {
    last = Math.max(last + 1, now * 1024);
    return last;
  };
}
