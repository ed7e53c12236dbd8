import type { Statements } from '../ports/store.ts';

/** The engine's own tables whose rows belong to users and which segments may read. */
export type FollowedTable = 'runs' | 'messages' | 'segment_members';

export const FOLLOWED_TABLES: readonly FollowedTable[] = ['runs', 'messages', 'segment_members'];

/** A user's rows of a table changed. */
export interface TableChange {
  table: FollowedTable;
  userId: string;
  /** For `segment_members`: the segment that the user entered or left. */
  segmentId?: string;
}

/**
 * Collects the users whose rows in the followed tables a transaction changes. Each attempt at the
 * transaction has its own.
 */
export class Touched {
  readonly #followed: ReadonlySet<FollowedTable>;
  readonly #changes: TableChange[] = [];
  readonly #runs = new Set<number>();
  readonly #messages = new Set<string>();

  constructor(followed: ReadonlySet<FollowedTable>) {
    this.#followed = followed;
  }

  /** The same statements, which also record what they change. */
  noting(tx: Statements): Statements {
    const noting: Partial<Statements> = {
      insertRuns: async (rows) => {
        await tx.insertRuns(rows);
        this.#note('runs', rows);
      },
      cancelRuns: async (ids, end) => {
        await tx.cancelRuns(ids, end);
        this.#noteRuns(ids);
      },
      saveRuns: async (updates) => this.#noteRuns(await tx.saveRuns(updates)),
      convertRuns: async (ids, at) => {
        this.#noteRuns(ids);
        return tx.convertRuns(ids, at);
      },
      insertMessages: async (rows) => {
        await tx.insertMessages(rows);
        this.#note('messages', rows);
      },
      saveMessages: async (updates) => {
        const written = await tx.saveMessages(updates);
        for (const id of written) this.#messages.add(id);
        return written;
      },
      skipMessagesOf: async (runIds, reason) => {
        await tx.skipMessagesOf(runIds, reason);
        if (this.#followed.has('messages')) this.#note('messages', await usersOfRuns(tx, runIds));
      },
      addMembers: async (rows) => {
        await tx.addMembers(rows);
        this.#note('segment_members', rows);
      },
      removeMembers: async (rows) => {
        await tx.removeMembers(rows);
        this.#note('segment_members', rows);
      },
    };
    return { ...tx, ...noting };
  }

  /** What changed. Call it in the transaction, at its end. */
  async changes(tx: Statements): Promise<readonly TableChange[]> {
    if (this.#followed.has('runs')) this.#note('runs', await usersOfRuns(tx, [...this.#runs]));
    if (this.#followed.has('messages')) {
      const users = await tx.usersOfMessages([...this.#messages]);
      this.#note(
        'messages',
        users.map((userId) => ({ userId })),
      );
    }
    return this.#changes;
  }

  #note(table: FollowedTable, rows: readonly { userId: string; segmentId?: string }[]): void {
    if (!this.#followed.has(table)) return;
    for (const { userId, segmentId } of rows) {
      this.#changes.push({ table, userId, ...(segmentId !== undefined && { segmentId }) });
    }
  }

  #noteRuns<T extends Iterable<number>>(ids: T): T {
    for (const id of ids) this.#runs.add(id);
    return ids;
  }
}

async function usersOfRuns(tx: Statements, ids: number[]): Promise<{ userId: string }[]> {
  return (await tx.usersOfRuns(ids)).map((userId) => ({ userId }));
}
