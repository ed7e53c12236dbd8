export interface DatabaseServer {
  /** `mysql://user:password@host:port/`, without a database. */
  url: string;
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Brings it back after `kill`. */
  start(): Promise<void>;
}
