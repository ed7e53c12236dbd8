import type { Database, SQLQueryBindings, Statement } from 'bun:sqlite';
import { SegflowError } from '../../core/errors.ts';
import type { Connection, Outcome, Row, Rows, RowsText, Value } from '../driver/driver.ts';
import { explainRefusal, wrapSqliteError } from './errors.ts';

/**
 * The number of prepared statements kept per connection. There are about a hundred statements, some
 * in several sizes.
 */
const CACHE = 400;

/**
 * The number of rows that one statement writes. Larger statements bring no measurable gain, and
 * each size is prepared once.
 */
const SIZES = [256, 64, 16, 4, 1];

/**
 * One SQLite connection. SQLite runs on the calling thread: a statement is finished when the call
 * returns.
 */
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
      // With one writer at a time and AUTOINCREMENT, the ids of one INSERT are consecutive.
      return { changes, firstId: Number(lastInsertRowid) - changes + 1 };
    });
  }

  async write(text: RowsText, rows: Rows): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    let from = 0;
    for (const size of SIZES) {
      for (; rows.length - from >= size; from += size) {
        outcomes.push(await this.execute(textOf(text, size), rows.slice(from, from + size).flat()));
      }
    }
    return outcomes;
  }

  /** Runs text without keeping its statement prepared. The text may contain several statements. */
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
    // `true` also finalizes the statements: the files are released now, not at the next garbage
    // collection.
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

const texts = new WeakMap<RowsText, Map<number, string>>();

function textOf(text: RowsText, size: number): string {
  const bySize = texts.get(text) ?? new Map<number, string>();
  texts.set(text, bySize);
  const whole = bySize.get(size) ?? text.head + Array<string>(size).fill(text.row).join(', ') + text.tail;
  bySize.set(size, whole);
  return whole;
}

function bindings(params: readonly Value[]): SQLQueryBindings[] {
  return params.map((param) => (isList(param) ? JSON.stringify(param) : param)) as SQLQueryBindings[];
}

/** A list is passed as one JSON parameter, which the dialect's `inList` and `inTuples` unpack. */
function isList(param: Value): param is Exclude<Value, string | number | null | Uint8Array> {
  return Array.isArray(param);
}
