/** Slots that a process may work on. */
export type Slots = 'all' | readonly number[];

export interface Fence {
  nodeId: string;
  /** The slots of the transaction's users. */
  slots: readonly number[];
}

/**
 * Assigns slots to processes, by the database's clock. A node that does not renew its lease in time
 * loses its slots: the next owner raises their epoch, and later commits of the former owner are
 * refused.
 */
export interface Leases {
  /**
   * Renews the node's lease for `ttlMs` from now, registering the node if necessary. Returns the
   * living nodes and their slots.
   */
  renew(node: LeaseNode, ttlMs: number): Promise<LeaseView>;
  /** Takes up to `count` slots that no living node owns. Returns those taken. */
  acquire(nodeId: string, count: number): Promise<number[]>;
  /** Gives up those of these slots that the node owns. */
  release(nodeId: string, slots: readonly number[]): Promise<void>;
  /** Gives up every slot, because the node ends. */
  leave(nodeId: string): Promise<void>;
}

export interface LeaseNode {
  id: string;
  /** For people: host name and process id. */
  name: string;
  startedAt: number;
}

export interface LeaseView {
  /** Living nodes, including the caller. */
  nodes: (LeaseNode & { expiresAt: number; slots: number[] })[];
  /** How many slots no living node owns. */
  free: number;
}
