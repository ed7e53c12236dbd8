import type { PoolConnection, ResultSetHeader } from 'mysql2';
import type { Connection, Outcome, Row, Rows, RowsText, Value } from '../driver/driver.ts';
import { explainRefusal, isLost, wrapMysqlError } from './errors.ts';
import { format, formatRows } from './format.ts';

/** After this long without an answer, the connection and the work on it are given up. */
const ANSWER_MS = 90_000;

/** One database session, ready for use. */
export class MysqlConnection implements Connection {
  readonly raw: PoolConnection;
  /**
   * The distance between the ids that one INSERT is given: more than 1 on a cluster with several
   * writers.
   */
  readonly #idStep: number;
  /** The session cannot be used again. */
  lost = false;

  constructor(raw: PoolConnection, options: { idStep: number }) {
    this.raw = raw;
    this.#idStep = options.idStep;
  }

  async query(text: string, params: readonly Value[]): Promise<Row[]> {
    return (await this.run(format(text, params))) as Row[];
  }

  async execute(text: string, params: readonly Value[]): Promise<Outcome> {
    return this.#outcome(await this.run(format(text, params)));
  }

  async write(text: RowsText, rows: Rows): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const statement of formatRows(text, rows)) outcomes.push(this.#outcome(await this.run(statement)));
    return outcomes;
  }

  async describe(text: string): Promise<{ columns: string[]; params: number }> {
    try {
      const statement = await new Promise<PreparedStatement>((resolve, reject) => {
        this.raw.prepare(text, (error, prepared) =>
          error ? reject(error) : resolve(prepared as unknown as PreparedStatement),
        );
      });
      const columns = statement.columns.map(({ name }) => name);
      const params = statement.parameters.length;
      statement.close();
      return { columns, params };
    } catch (error) {
      throw this.#noted(explainRefusal(error));
    }
  }

  /** Runs text without parameters. */
  run(sql: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.raw.query({ sql, timeout: ANSWER_MS }, (error, result) => {
        if (error) reject(this.#noted(wrapMysqlError(error)));
        else resolve(result);
      });
    });
  }

  #outcome(result: unknown): Outcome {
    const { affectedRows, insertId } = result as ResultSetHeader;
    return { changes: affectedRows, firstId: insertId, idStep: this.#idStep };
  }

  #noted(error: unknown): unknown {
    this.lost ||= isLost(error);
    return error;
  }
}

/** mysql2's types of `prepare` declare less than it returns. */
interface PreparedStatement {
  columns: { name: string }[];
  parameters: unknown[];
  close(): void;
}
