/** Slots that a process may work on. */
export type Slots = 'all' | readonly number[];

export interface Fence {
  nodeId: string;
  /** The slots of the users that the transaction is about. */
  slots: readonly number[];
}

/**
 * Which process works on which slots, by the database's clock. A node that does not renew its lease in time has lost its
 * slots: whoever acquires them raises their epoch, and what the former owner still tries to commit is refused.
 */
export interface Leases {
  /** Renews the lease of the node (and enters it) for `ttlMs` from now, and tells who lives and what each owns. */
  renew(node: LeaseNode, ttlMs: number): Promise<LeaseView>;
  /** Takes up to `count` slots that no living node owns. Returns those taken. */
  acquire(nodeId: string, count: number): Promise<number[]>;
  /** Gives up these slots, as far as the node owns them. */
  release(nodeId: string, slots: readonly number[]): Promise<void>;
  /** Gives up everything: the node ends. */
  leave(nodeId: string): Promise<void>;
}

export interface LeaseNode {
  id: string;
  /** For people: host name and process id. */
  name: string;
  startedAt: number;
}

export interface LeaseView {
  /** Living nodes, the asking one among them. */
  nodes: (LeaseNode & { expiresAt: number; slots: number[] })[];
  /** How many slots no living node owns. */
  free: number;
}
