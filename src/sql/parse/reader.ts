import type { Expr, Query } from '../ast.ts';
import { refusal } from '../refusal.ts';
import { UNKNOWN } from '../sql-type.ts';
import { RESERVED } from './reserved.ts';
import { type Token, tokenize } from './tokens.ts';

/** The grammar rules that call each other across files. */
export interface Grammar {
  /** A whole expression. */
  expression(reader: Reader): Expr;
  /** Without comparisons and logic: `a + b`. */
  operand(reader: Reader): Expr;
  /** Without binary operators: `-a`, `f(a)`. */
  simple(reader: Reader): Expr;
  query(reader: Reader): Query;
}

/** Limits levels of brackets, subqueries and NOT, because each level uses stack. */
const DEPTH = 200;

/** The tokens of a query, read from left to right. */
export class Reader {
  readonly text: string;
  readonly grammar: Grammar;
  readonly #tokens: Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, grammar: Grammar) {
    this.text = text;
    this.grammar = grammar;
    this.#tokens = tokenize(text);
  }

  /** The next token, or a later one, without consuming any. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!;
  }

  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  get at(): number {
    return this.peek().at;
  }

  /** The end of the last consumed token. */
  get endOfLast(): number {
    const last = this.#tokens[this.#next - 1];
    return last === undefined ? 0 : last.at + last.raw.length;
  }

  /** The fields of every node: its place, and a type that is filled in later. */
  get node(): { at: number; type: typeof UNKNOWN } {
    return { at: this.at, type: UNKNOWN };
  }

  isWord(...words: string[]): boolean {
    const { kind, value } = this.peek();
    return kind === 'word' && words.includes(value);
  }

  isWordAt(ahead: number, ...words: string[]): boolean {
    const { kind, value } = this.peek(ahead);
    return kind === 'word' && words.includes(value);
  }

  isSymbol(...symbols: string[]): boolean {
    const { kind, value } = this.peek();
    return kind === 'symbol' && symbols.includes(value);
  }

  isSymbolAt(ahead: number, symbol: string): boolean {
    const { kind, value } = this.peek(ahead);
    return kind === 'symbol' && value === symbol;
  }

  /** Consumes these words if they come next in this order. */
  accept(...words: string[]): boolean {
    if (!words.every((word, index) => this.isWordAt(index, word))) return false;
    this.#next += words.length;
    return true;
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.#next++;
    return true;
  }

  expect(...words: string[]): void {
    for (const word of words) if (!this.accept(word)) throw this.unexpected(word.toUpperCase());
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.unexpected(`"${symbol}"`);
  }

  /** A name, quoted or not. */
  name(what: string): string {
    if (!this.isName()) {
      const { kind, raw } = this.peek();
      const reserved = kind === 'word' && RESERVED.has(this.peek().value);
      throw this.unexpected(
        what,
        reserved ? `${raw} is a word of SQL: as a name put it in backticks.` : undefined,
      );
    }
    const token = this.take();
    return token.kind === 'word' ? token.raw : token.value;
  }

  isName(): boolean {
    const { kind, value } = this.peek();
    return kind === 'name' || (kind === 'word' && !RESERVED.has(value));
  }

  /** After a dot, any word can be a name. */
  nameAfterDot(): string {
    const token = this.take();
    if (token.kind === 'word') return token.raw;
    if (token.kind === 'name') return token.value;
    this.#next--;
    throw this.unexpected('a name after "."');
  }

  /** A comma-separated list of items. */
  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.acceptSymbol(',')) items.push(item());
    return items;
  }

  inBrackets<T>(inner: () => T): T {
    this.expectSymbol('(');
    const result = inner();
    this.expectSymbol(')');
    return result;
  }

  /** The result of `read`; when `read` refuses, returns undefined and consumes nothing. */
  attempt<T>(read: () => T): T | undefined {
    const [next, depth] = [this.#next, this.#depth];
    try {
      return read();
    } catch {
      this.#next = next;
      this.#depth = depth;
      return undefined;
    }
  }

  nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH) throw this.refuse('the query is nested too deeply');
    const result = read();
    this.#depth--;
    return result;
  }

  unexpected(expected: string, hint?: string): Error {
    const { kind, raw } = this.peek();
    const found = kind === 'end' ? 'the query ends' : `there is ${raw}`;
    return this.refuse(`${expected} is expected, but ${found}`, { hint });
  }

  refuse(problem: string, options: { at?: number; hint?: string | undefined } = {}): Error {
    return refusal(problem, { text: this.text, at: options.at ?? this.at, hint: options.hint });
  }
}
