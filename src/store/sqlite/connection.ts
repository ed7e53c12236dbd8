import type { Database, SQLQueryBindings, Statement } from 'bun:sqlite';
import { SegflowError } from '../../core/errors.ts';
import type { Connection, Outcome, Row, Value } from '../driver.ts';
import { explainRefusal, wrapSqliteError } from './errors.ts';

/** Prepared statements kept a connection. There are about a hundred statements, some in a few sizes. */
const CACHE = 400;

/** One SQLite connection. SQLite runs on the calling thread: a statement is done when the call returns. */
export class SqliteConnection implements Connection {
  readonly #db: Database;
  /** By text, the least recently used first. */
  readonly #statements = new Map<string, Statement<Row, SQLQueryBindings[]>>();
  #closed = false;

  constructor(db: Database) {
    this.#db = db;
  }

  async query(text: string, params: readonly Value[]): Promise<Row[]> {
    return this.#attempt(() => this.#prepare(text).all(...bindings(params)));
  }

  async execute(text: string, params: readonly Value[]): Promise<Outcome> {
    return this.#attempt(() => {
      const { changes, lastInsertRowid } = this.#prepare(text).run(...bindings(params));
      // One writer at a time and AUTOINCREMENT: the ids of one INSERT follow each other.
      return { changes, firstId: Number(lastInsertRowid) - changes + 1 };
    });
  }

  /** Runs text that is needed once, which may be several statements. */
  script(text: string): void {
    this.#attempt(() => this.#db.run(text));
  }

  async describe(text: string): Promise<{ columns: string[]; params: number }> {
    try {
      using statement = this.#db.prepare(text);
      return { columns: statement.columnNames, params: statement.paramsCount };
    } catch (error) {
      throw explainRefusal(error);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    // `true` also finalizes the statements: the files are released now, not when garbage is collected.
    this.#attempt(() => this.#db.close(true));
  }

  #prepare(text: string): Statement<Row, SQLQueryBindings[]> {
    if (this.#closed) {
      throw new SegflowError('unavailable', 'the store is closed', { hint: 'Segflow is shutting down.' });
    }
    const known = this.#statements.get(text);
    if (known) {
      this.#statements.delete(text);
      this.#statements.set(text, known);
      return known;
    }
    const statement = this.#db.prepare<Row, SQLQueryBindings[]>(text);
    this.#statements.set(text, statement);
    if (this.#statements.size > CACHE) {
      const [oldest, unused] = this.#statements.entries().next().value!;
      this.#statements.delete(oldest);
      unused.finalize();
    }
    return statement;
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw wrapSqliteError(error);
    }
  }
}

function bindings(params: readonly Value[]): SQLQueryBindings[] {
  return params.map((param) => (isList(param) ? JSON.stringify(param) : param)) as SQLQueryBindings[];
}

/** Lists travel as one JSON parameter, which the dialect's `inList` and `inTuples` unpack. */
function isList(param: Value): param is Exclude<Value, string | number | null | Uint8Array> {
  return Array.isArray(param);
}
