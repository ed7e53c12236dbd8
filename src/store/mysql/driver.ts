/*
 * The driver for MySQL and MariaDB, on mysql2's pool.
 *
 * Every connection is set up alike before its first use: UTC, utf8mb4, a strict sql_mode, READ COMMITTED, short waits for locks.
 * A transaction has a connection of its own from BEGIN to COMMIT. A connection on which anything but a plain SQL error happened
 * is thrown away. A process that dies leaves transactions that the server rolls back.
 */
export {};
