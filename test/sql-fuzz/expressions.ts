import { AGGREGATES, CONTROL, FORMS, HOLES, TYPES, type Type } from './forms.ts';
import { EVENT_NAMES, makeValue, type Path, type Population } from './population.ts';
import type { Random } from './random.ts';
import { list, type Node, type Parameter, type Part, param, value } from './tree.ts';

/** What an expression may name. */
export interface Scope {
  /** Columns but JSON, as text and with their type. */
  columns: { text: string; type: Type }[];
  /** JSON columns. */
  attributes: { text: string; paths: Path[] }[];
  /** The user's id. */
  user: string;
  /** A column that orders the rows, without ties. */
  total: string;
  created: string;
  /** Set where the rows are grouped: the scope of one row, for aggregates. */
  rows?: Scope;
}

export interface Taste {
  random: Random;
  population: Population;
  /** How deep expressions are nested, and how probable an operand of another type is. */
  depth: number;
  illTyped: number;
}

/** Writes expressions over a scope. */
export class Expressions {
  readonly random: Random;
  readonly #taste: Taste;
  #aliases = 0;

  constructor(taste: Taste) {
    this.random = taste.random;
    this.#taste = taste;
  }

  of(type: Type, scope: Scope, depth = this.#taste.depth): Node {
    return this.#expression(type, scope, depth);
  }

  /** An aggregate of the groups of a scope. */
  aggregate(type: Type, groups: Scope, depth = 1): Node {
    const template = this.random.pick(AGGREGATES[type]);
    return this.#fill(template, { scope: groups.rows!, depth, type, compare: groups });
  }

  /** A template with its holes filled. */
  filled(template: string, scope: Scope, depth = this.#taste.depth): Node {
    return this.#fill(template, { scope, depth });
  }

  alias(): string {
    this.#aliases++;
    return `x${this.#aliases}`;
  }

  #expression(type: Type, scope: Scope, depth: number): Node {
    const { random } = this;
    if (scope.rows && (depth <= 0 || random.chance(0.4))) {
      return this.#fill(random.pick(AGGREGATES[type]), {
        scope: scope.rows,
        depth: depth - 1,
        type,
        compare: scope,
      });
    }
    if (depth <= 0 || (type !== 'bool' && random.chance(0.15))) return this.#leaf(type, scope);
    const template = random.chance(0.18) ? random.pick(CONTROL) : random.pick(FORMS[type]);
    return this.#fill(template, { scope, depth: depth - 1, type });
  }

  #fill(
    template: string,
    at: { scope: Scope; depth: number; type?: Type; compare?: Scope; alias?: string },
  ): Node {
    const { random } = this;
    const operator = template.startsWith('~');
    const pieces = (operator ? template.slice(1) : template).split(HOLES);
    const kinds = this.#kinds(at.type);
    const alias = template.includes('{alias}') ? this.alias() : undefined;
    const inner =
      alias === undefined
        ? at.scope
        : insideOf(template, alias, { scope: at.scope, population: this.#taste.population });
    const parts: Part[] = [];
    for (const [index, piece] of pieces.entries()) {
      if (index % 2 === 0) {
        if (piece !== '') parts.push(piece);
        continue;
      }
      // After an aggregate, what it is compared with is of the group.
      const scope = at.compare && index > 1 && operator ? at.compare : inner;
      const filling = this.#hole(piece, { ...at, scope, outer: at.scope, kinds, alias });
      const brackets = operator && isOperator(filling) && random.chance(0.72);
      parts.push(...(brackets ? ['(', filling, ')'] : [filling]));
    }
    const node = value(...parts);
    if (operator) operators.add(node);
    return node;
  }

  /** Which types the holes T, A and B stand for. */
  #kinds(type: Type | undefined): Record<string, Type> {
    const { random } = this;
    const common: Type[] = [
      'int',
      'dec',
      'num',
      'text',
      'text',
      'json',
      'datetime',
      'date',
      'num',
      'text',
      'json',
      'time',
      'bool',
    ];
    const T = type === undefined || type === 'bool' ? random.pick(common) : type;
    return { T, A: random.pick(TYPES), B: random.pick(TYPES) };
  }

  #hole(
    hole: string,
    at: { scope: Scope; outer: Scope; depth: number; kinds: Record<string, Type>; alias: string | undefined },
  ): Part {
    const { random } = this;
    const { scope, depth, kinds } = at;
    const [name, argument] = hole.split(':') as [string, string?];
    const kind = kinds[name];
    if (kind) return this.#typed(kind, scope, depth);
    if ((TYPES as string[]).includes(name)) return this.#typed(name as Type, scope, depth);
    switch (name) {
      case 'any':
        return this.#expression(random.pick(TYPES), scope, depth);
      case 'aggregate': {
        const type = kinds[argument!] ?? (argument as Type);
        return this.#fill(random.pick(AGGREGATES[type]), {
          scope,
          depth: depth - 1,
          type,
          compare: at.outer,
        });
      }
      case 'n':
        return random.chance(0.15)
          ? param(random.between(0, 5))
          : String(random.pick([0, 1, 1, 2, 3, 5, 10]));
      case 'm':
        return String(random.between(1, 4));
      case 'year':
        return String(random.between(1999, 2027));
      case 'dayNumber':
        return String(random.between(738_000, 740_200));
      case 'user':
        return at.outer.user;
      case 'total':
        return scope.total;
      case 'created':
        return scope.created;
      case 'alias':
        return at.alias!;
      case 'attributes':
        return this.#attributes(scope)?.text ?? `cast('{"plan": "pro"}' as json)`;
      case 'document':
        return random.chance(0.02) ? this.#typed('json', scope, depth) : this.#document(scope, depth);
      case 'path':
        return this.#path(scope);
      case 'name':
        return scope.rows === undefined && random.chance(0.2)
          ? quoted('nothing')
          : quoted(random.pick(EVENT_NAMES));
      case 'compare':
        return random.pick(['=', '=', '<>', '!=', '<', '<=', '>', '>=']);
      case 'unit':
        return random.pick([
          'second',
          'minute',
          'hour',
          'day',
          'day',
          'week',
          'month',
          'quarter',
          'year',
          'microsecond',
        ]);
      case 'dayUnit':
        return random.pick(['day', 'week', 'month', 'quarter', 'year']);
      case 'zone':
        return quoted(random.pick(['+00:00', '+02:00', '-05:30', '+12:00', 'UTC', '']));
      case 'format':
        return quoted(random.pick(FORMATS));
      case 'separator':
        return quoted(random.pick([',', '-', '', ' ', 'ß']));
      case 'like':
        return this.#constant(random.pick(LIKES));
      case 'regexp':
        return quoted(random.pick(REGEXPS));
      case 'jsonText':
        return quoted(JSON.stringify(random.pick(this.#taste.population.samples)));
      case 'and':
        return random.chance(0.6)
          ? value(' and ', value('(', this.#typed('bool', scope, Math.min(depth, 1)), ')'))
          : '';
      case 'inner':
        return this.#typed('bool', scope, Math.min(depth, 1));
      case 'rows':
        return random.pick(['users', 'users as u9']);
      case 'exists':
        return this.#exists(scope, depth);
      case 'sum':
        return this.#money(scope, [
          '{a}->>{p}',
          '{a}->{p}',
          '{a}->>{p} * 2',
          'json_unquote(json_extract({a}, {p}))',
        ]);
      case 'cents':
        return this.#money(scope, [
          'cast({a}->>{p} as decimal(10,2))',
          'cast({a}->>{p} as signed)',
          'round(cast({a}->>{p} as decimal(12,3)), 1)',
          '1.5',
        ]);
      default:
        throw new Error(`no hole is called ${hole}`);
    }
  }

  #typed(type: Type, scope: Scope, depth: number): Node {
    const given = this.random.chance(this.#taste.illTyped) ? this.random.pick(TYPES) : type;
    return this.#expression(given, scope, depth);
  }

  #money(scope: Scope, forms: string[]): Node {
    const { random } = this;
    const sources = scope.attributes.flatMap(({ text, paths }) =>
      paths.filter(({ kind }) => kind === 'money').map(({ path }) => ({ text, path })),
    );
    if (sources.length === 0) return value('1');
    const { text, path } = random.pick(sources);
    return value(
      random
        .pick(forms)
        .replaceAll('{a}', text)
        .replaceAll('{p}', quoted(pathText(path))),
    );
  }

  #exists(scope: Scope, depth: number): Node {
    const alias = this.alias();
    const inside = eventScope(alias, { outer: scope, population: this.#taste.population });
    const what = this.random.pick(['1', '*', `${alias}.name`]);
    return value(
      `exists (select ${what} from events ${alias} where ${alias}.user_id = ${scope.user} and `,
      value('(', this.#typed('bool', inside, Math.min(depth, 2)), ')'),
      ')',
    );
  }

  /** What is JSON, and not only may be: its functions fail for other things. */
  #document(scope: Scope, depth: number): Node {
    const { random } = this;
    if (depth > 0 && random.chance(0.2))
      return this.#fill(random.pick(FORMS.json), { scope, depth: depth - 1, type: 'json' });
    const from = this.#attributes(scope);
    if (!from) return this.#literal('json');
    return value(`${from.text}->${quoted(pathText(this.#fitting('json', from.paths)))}`);
  }

  #attributes(scope: Scope): Scope['attributes'][number] | undefined {
    // Mostly the nearest table's.
    const [nearest] = scope.attributes;
    return nearest && this.random.chance(0.8) ? nearest : this.random.pick(scope.attributes);
  }

  #path(scope: Scope): string {
    const { random } = this;
    const paths = scope.attributes[0]?.paths ?? [];
    if (paths.length === 0) return quoted('$.plan');
    const text = pathText(random.pick(paths).path);
    return quoted(
      text + (random.chance(0.1) ? random.pick(['[0]', '[1]', '.b', '.c[0]', '.c[1].d', '[last]']) : ''),
    );
  }

  #leaf(type: Type, scope: Scope): Node {
    const { random } = this;
    const columns = scope.columns.filter((column) => column.type === type);
    if (columns.length > 0 && random.chance(0.35)) return value(random.pick(columns).text);
    const from = this.#attributes(scope);
    const probability = type === 'json' ? 0.8 : type === 'time' ? 0.3 : 0.6;
    if (from && random.chance(probability)) {
      const path = quoted(pathText(this.#fitting(type, from.paths)));
      return value(random.pick(OVER_PATHS[type]).replaceAll('{a}', from.text).replaceAll('{p}', path));
    }
    return this.#literal(type);
  }

  /** Mostly a path at which there are values for the type. */
  #fitting(type: Type, paths: Path[]): string {
    const kinds = FITTING[type];
    const fitting = paths.filter(({ kind }) => kinds.includes(kind));
    return this.random.pick(fitting.length > 0 && this.random.chance(0.8) ? fitting : paths).path;
  }

  #literal(type: Type): Node {
    const { random } = this;
    const { samples } = this.#taste.population;
    switch (type) {
      case 'int':
        return this.#given(random.pick([0, 1, 2, 3, 5, 10, 17, 34, 100, 500, 1000, -1, -5, 2147483648, 60]));
      case 'dec':
        return value(
          random.pick([
            '0.1',
            '0.2',
            '0.3',
            '1.50',
            '99.99',
            '2.5',
            '-0.5',
            '1000.00',
            '600.25',
            '0.000',
            '12.345',
          ]),
        );
      case 'num':
        return this.#given(random.pick([0.5, 1.5, 100, 0.1, 0.3, 99.99, -2.5, 1000, 1e15]), [
          '1e2',
          '1.5e0',
          '1e-1',
          '5e0',
        ]);
      case 'text': {
        const sample = random.chance(0.6)
          ? random.pick(samples)
          : makeValue(random, random.pick(['plan', 'numericText', 'date'] as const));
        return value(this.#constant(typeof sample === 'string' ? sample : JSON.stringify(sample)));
      }
      case 'date':
        return value(
          random.pick([
            "date '2026-06-15'",
            'curdate()',
            'current_date',
            "date '2024-02-29'",
            "'2026-06-15'",
            "'2026-06-01'",
          ]),
        );
      case 'datetime':
        return random.chance(0.3)
          ? value(
              param(
                new Date(
                  Date.parse('2026-06-15T12:00:00Z') -
                    random.pick([0, 1, 86_400_000, 30 * 86_400_000, 43_200_000]),
                ),
              ),
            )
          : value(
              random.pick([
                "timestamp '2026-06-15 12:00:00'",
                'now()',
                "'2026-06-15 12:00:00'",
                "'2026-06-15'",
                'now(3)',
                "timestamp '2026-01-01 00:00:00.500'",
                'current_timestamp',
              ]),
            );
      case 'time':
        return value(
          random.pick(["time '12:00:00'", "time '00:00:00'", "'12:00:00'", 'curtime()', "'11:59:59.999'"]),
        );
      case 'json':
        return value(`cast(${quoted(JSON.stringify(random.pick(samples)))} as json)`);
      case 'bool':
        return random.chance(0.3)
          ? value(param(random.chance(0.5)))
          : value(random.pick(['true', 'false', 'null', '1', '0']));
    }
  }

  /** A number as text of the query, or as a parameter of one of JavaScript's types. */
  #given(number: number, others: string[] = []): Node {
    const { random } = this;
    if (others.length > 0 && random.chance(0.3)) return value(random.pick(others));
    if (random.chance(0.6)) return value(String(number));
    const forms: Parameter[] = [
      number,
      String(number),
      Number.isInteger(number) ? BigInt(number) : number,
      number > 0,
      null,
    ];
    return value(param(random.chance(0.7) ? number : random.pick(forms)));
  }

  #constant(text: string): Part {
    const { random } = this;
    if (random.chance(0.3)) return param(text);
    if (random.chance(0.05) && !/["\\]/.test(text)) return `"${text.replaceAll('\n', '\\n')}"`;
    return quoted(text);
  }
}

/** Rows of events, with what is around them. */
export function eventScope(alias: string, at: { outer?: Scope; population: Population }): Scope {
  const { outer, population } = at;
  return {
    columns: [
      { text: `${alias}.name`, type: 'text' },
      { text: `${alias}.user_id`, type: 'text' },
      { text: `${alias}.created_at`, type: 'datetime' },
      { text: `${alias}.created_at`, type: 'datetime' },
      ...(outer?.columns ?? []),
    ],
    attributes: [{ text: `${alias}.attributes`, paths: population.eventPaths }, ...(outer?.attributes ?? [])],
    ...{ user: `${alias}.user_id`, total: `${alias}.id`, created: `${alias}.created_at` },
  };
}

/** Rows of users, with what is around them. */
export function userScope(alias: string, at: { outer?: Scope; population: Population }): Scope {
  const { outer, population } = at;
  return {
    columns: [
      { text: `${alias}.id`, type: 'text' },
      { text: `${alias}.created_at`, type: 'datetime' },
      { text: `${alias}.updated_at`, type: 'datetime' },
      ...(outer?.columns ?? []),
    ],
    attributes: [{ text: `${alias}.attributes`, paths: population.userPaths }, ...(outer?.attributes ?? [])],
    ...{ user: `${alias}.id`, total: `${alias}.id`, created: `${alias}.created_at` },
  };
}

/** A text of the query. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n')}'`;
}

export { list };

// --- internal ---

const operators = new WeakSet<Node>();

function isOperator(part: Part): boolean {
  return typeof part === 'object' && 'sort' in part && operators.has(part);
}

/** The scope of a subquery in a template, by the table it reads. */
function insideOf(template: string, alias: string, at: { scope: Scope; population: Population }): Scope {
  const { scope: outer, population } = at;
  return template.includes('from users')
    ? userScope(alias, { outer, population })
    : eventScope(alias, { outer, population });
}

function pathText(path: string): string {
  return `$.${path
    .split('.')
    .map((key) => (/^\w+$/.test(key) ? key : `"${key}"`))
    .join('.')}`;
}

const OVER_PATHS: Record<Type, string[]> = {
  int: [
    'cast({a}->>{p} as signed)',
    'cast({a}->{p} as signed)',
    '{a}->>{p}',
    '{a}->{p}',
    'json_length({a}, {p})',
  ],
  dec: ['cast({a}->>{p} as decimal(10,2))', 'cast({a}->>{p} as decimal(20,6))', '{a}->>{p}', '{a}->{p}'],
  num: ['{a}->>{p}', '{a}->{p}', '{a}->>{p} + 0', '{a}->{p} + 0', 'cast({a}->>{p} as double)'],
  text: ['{a}->>{p}', '{a}->>{p}', '{a}->>{p}', 'json_unquote({a}->{p})', '{a}->{p}'],
  date: ['date({a}->>{p})', 'cast({a}->>{p} as date)', '{a}->>{p}'],
  datetime: ['{a}->>{p}', 'cast({a}->>{p} as datetime)', 'timestamp({a}->>{p})', '{a}->{p}'],
  time: [
    'time(cast({a}->>{p} as datetime))',
    'sec_to_time(cast({a}->>{p} as signed))',
    'time({a}->>{p})',
    '{a}->>{p}',
  ],
  json: ['{a}->{p}', 'json_extract({a}, {p})'],
  bool: [
    '{a}->{p} = true',
    "{a}->>{p} = 'true'",
    '{a}->{p}',
    '{a}->>{p}',
    '{a}->{p} is not null',
    '{a}->{p} <> false',
  ],
};

const FITTING: Record<Type, string[]> = {
  int: ['number', 'numericText', 'money'],
  dec: ['number', 'numericText', 'money'],
  num: ['number', 'numericText', 'money'],
  text: ['plan', 'text', 'numericText', 'date'],
  date: ['date'],
  datetime: ['date'],
  time: ['date'],
  json: ['array', 'object', 'boolean', 'number', 'plan', 'mixed'],
  bool: ['boolean'],
};

const FORMATS = [
  '%Y-%m-%d',
  '%Y-%m',
  '%d.%m.%Y',
  '%H:%i:%s',
  '%Y-%m-%d %H:%i:%s',
  '%m/%d/%Y',
  '%W %M %e %Y',
  '%y%j',
  '%x-%v',
  '%X %V %a',
  '%f',
  '%h:%i %p',
  '%T',
  '%Y-%m-%dT%H:%i:%sZ',
  '%D %b',
  '%%Y',
  '%r',
  '%U %u',
  '%w',
];
const LIKES = [
  '%pro%',
  'p_o',
  'p%',
  '%',
  '',
  '_',
  '%\\%%',
  'p\\_o',
  '%o ',
  'PRO',
  '%😀%',
  '%ß%',
  '__',
  '%|%%',
  'pro ',
  '%\\\\%',
  '%1%',
  '2026-%',
  'ü%',
  '%Ü',
];
const REGEXPS = [
  '^pro',
  'o$',
  '^[a-z]+$',
  'p.o',
  '[0-9]+',
  '^$',
  'ß|ü',
  '(pro|free)',
  '^p\\\\w+',
  '[[:digit:]]',
  '\\\\.',
  'PRO',
  '^.{3}$',
  'a*',
  '[^a-z]',
];
