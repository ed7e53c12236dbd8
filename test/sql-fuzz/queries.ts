import { Expressions, eventScope, type Scope, type Taste, userScope } from './expressions.ts';
import { TYPES, type Type, WINDOWS } from './forms.ts';
import { EVENT_NAMES } from './population.ts';
import { list, type Node, optional, type Part, query, value } from './tree.ts';

/** A SELECT of user ids, of one of many shapes. */
export function makeQuery(taste: Taste): Node {
  return new Queries(taste).any(2);
}

class Queries {
  readonly #taste: Taste;
  readonly #expressions: Expressions;

  constructor(taste: Taste) {
    this.#taste = taste;
    this.#expressions = new Expressions(taste);
  }

  any(depth: number): Node {
    const { random } = this.#taste;
    if (depth > 0 && random.chance(0.08)) return this.#set(depth);
    const shapes: (() => Node)[] = [
      ...Array<() => Node>(7).fill(() => this.#users()),
      ...Array<() => Node>(2).fill(() => this.#joined()),
      ...Array<() => Node>(2).fill(() => this.#grouped()),
      () => this.#joinedAndGrouped(),
      () => this.#leftJoined(),
      ...Array<() => Node>(3).fill(() => this.#derived()),
      ...Array<() => Node>(3).fill(() => this.#totals()),
      () => this.#common(),
      ...Array<() => Node>(2).fill(() => this.#windowed()),
      () => this.#limited(),
      () => this.#numbered(),
      () => this.#using(),
    ];
    const made = random.pick(shapes)();
    return random.chance(0.1) ? shouted(made) : made;
  }

  #users(): Node {
    const { random } = this.#taste;
    const [from, alias] = random.pick([
      ['users', 'users'],
      ['users', 'users'],
      ['users u', 'u'],
      ['users as `u`', '`u`'],
      ['`users`', '`users`'],
    ]) as [string, string];
    return query(`select ${alias}.id from ${from}`, this.#where(this.#userRows(alias)));
  }

  #joined(): Node {
    const scope = this.#eventRows('e', this.#userRows('u'));
    return query(
      `select distinct ${this.#taste.random.pick(['u.id', 'e.user_id'])} from users u join events e on e.user_id = u.id`,
      optional(' and ', this.#condition(scope, 1)),
      this.#where(scope),
    );
  }

  #leftJoined(): Node {
    const scope = this.#eventRows('e', this.#userRows('u'));
    const { random } = this.#taste;
    const kind = random.pick(['left join', 'left outer join']);
    return query(
      `select distinct u.id from users u ${kind} events e on e.user_id = u.id`,
      optional(' and ', this.#condition(scope, 1)),
      ' where ',
      random.pick(['e.id is null', 'e.id is not null', 'true']),
      optional(random.pick([' and ', ' or ']), this.#condition(scope)),
    );
  }

  #grouped(): Node {
    const rows = this.#eventRows('e');
    return query(
      'select e.user_id from events e',
      this.#where(rows, 1),
      ' group by e.user_id',
      optional(' having ', this.#condition(this.#group(rows, 'e.user_id'))),
    );
  }

  #joinedAndGrouped(): Node {
    const rows = this.#eventRows('e', this.#userRows('u'));
    return query(
      'select u.id from users u join events e on e.user_id = u.id',
      this.#where(rows, 1),
      ' group by u.id',
      optional(' having ', this.#condition(this.#group(rows, 'u.id'))),
    );
  }

  #derived(): Node {
    const { random } = this.#taste;
    const inner = random.chance(0.7) ? this.#userRows('u') : this.#eventRows('e');
    const { columns, scope } = this.#named('t', inner);
    const table = inner.user === 'u.id' ? 'users u' : 'events e';
    return query(
      `select distinct t.id from (select ${inner.user} as id, `,
      list(columns, ', '),
      ` from ${table}`,
      this.#where(inner, 1),
      ') as t',
      this.#where({ ...scope, user: 't.id' }),
    );
  }

  /** Totals of each user, in a derived table or a CTE. */
  #totals(): Node {
    const { random } = this.#taste;
    const rows = this.#eventRows('e');
    const { columns, scope } = this.#aggregated('t', rows);
    const body = query(
      'select e.user_id, ',
      list(columns, ', '),
      ' from events e',
      this.#where(rows, 1),
      ' group by e.user_id',
    );
    const join = random.pick(['join', 'left join']);
    const outer = this.#userRows('u');
    const both = {
      ...outer,
      columns: [...scope.columns, ...outer.columns],
      attributes: [...scope.attributes, ...outer.attributes],
    };
    if (random.chance(0.5)) {
      return query(`select u.id from users u ${join} (`, body, ') t on t.user_id = u.id', this.#where(both));
    }
    return query(
      'with t as (',
      body,
      `) select u.id from users u ${join} t on t.user_id = u.id`,
      this.#where(both),
    );
  }

  #common(): Node {
    const { random } = this.#taste;
    const { columns, scope } = this.#named('a', this.#userRows('u'));
    const first = query(
      'select u.id as id, ',
      list(columns, ', '),
      ' from users u',
      this.#where(this.#userRows('u'), 1),
    );
    const second = query(
      'select user_id as id from events',
      optional(' where name = ', `'${random.pick(EVENT_NAMES)}'`),
    );
    return query(
      'with a as (',
      first,
      '), b (id) as (',
      second,
      ') select a.id from a where ',
      random.pick([
        'a.id in (select id from b)',
        'a.id not in (select id from b)',
        'exists (select 1 from b where b.id = a.id)',
        '(select count(*) from b where b.id = a.id) > 1',
      ]),
      optional(random.pick([' and ', ' or ']), this.#condition({ ...scope, user: 'a.id' })),
    );
  }

  #windowed(): Node {
    const { random } = this.#taste;
    const inner = random.chance(0.7) ? this.#eventRows('e') : this.#userRows('u');
    const table = inner.user === 'u.id' ? 'users u' : 'events e';
    const windows = Array.from({ length: random.between(1, 2) }, () => random.pick(WINDOWS));
    const scope: Scope = {
      ...{ user: 'w.id', total: 'w.id', created: 'w.at', attributes: [] },
      columns: [
        { text: 'w.at', type: 'datetime' },
        ...windows.map(([type], index) => ({ text: `w.c${index}`, type })),
      ],
    };
    return query(
      `select distinct w.id from (select ${inner.user} as id, ${inner.created} as at, `,
      list(
        windows.map(([, template], index) =>
          value(this.#expressions.filled(template, inner, 1), ` as c${index}`),
        ),
        ', ',
      ),
      ` from ${table}`,
      this.#where(inner, 1),
      ') as w',
      this.#where(scope),
    );
  }

  #limited(): Node {
    const { random } = this.#taste;
    return query(
      'select u.id from users u',
      this.#where(this.#userRows('u')),
      ` order by u.id${random.pick(['', ' asc', ' desc'])} limit ${random.pick(['3', '10', '5, 10', '10 offset 2'])}`,
    );
  }

  /** With a recursive CTE. */
  #numbered(): Node {
    const rows = this.#eventRows('e');
    const scope = {
      ...rows,
      columns: [
        ...rows.columns,
        { text: 'n.i', type: 'int' as const },
        { text: 'n.i', type: 'int' as const },
      ],
    };
    return query(
      'with recursive n (i) as (select 1 union all select i + 1 from n where i < 4) select distinct e.user_id from events e join n on ',
      this.#condition(scope, 2),
      this.#where(rows, 1),
    );
  }

  #using(): Node {
    const counted =
      'select user_id as id, count(*) as times, max(created_at) as last from events group by user_id';
    const outer = this.#userRows('u');
    const columns: Scope['columns'] = [
      { text: 'times', type: 'int' },
      { text: 'c.last', type: 'datetime' },
      ...outer.columns,
    ];
    return query(
      `select ${this.#taste.random.pick(['u.id', 'id', 'c.id'])} from users u ${this.#taste.random.pick(['join', 'left join', 'inner join'])} (${counted}) as c using (id)`,
      this.#where({ ...outer, columns }),
    );
  }

  #set(depth: number): Node {
    const { random } = this.#taste;
    const operator = random.pick([' union ', ' union all ', ' union distinct ', ' intersect ', ' except ']);
    const branches = [this.any(0), this.any(depth - 1)];
    const bracketed =
      random.chance(0.6) || branches.some(({ parts }) => String(parts[0]).toLowerCase().startsWith('with'));
    return query(
      ...branches.flatMap((branch, index): Part[] => [
        index === 0 ? '' : operator,
        ...(bracketed ? ['(', branch, ')'] : [branch]),
      ]),
    );
  }

  #where(scope: Scope, depth?: number): Node {
    return optional(' where ', this.#condition(scope, depth));
  }

  #condition(scope: Scope, depth?: number): Node {
    return this.#expressions.of('bool', scope, depth);
  }

  /** Columns of a derived table, and the scope of who reads it. */
  #named(alias: string, inner: Scope): { columns: Node[]; scope: Scope } {
    const { random } = this.#taste;
    const types = Array.from({ length: random.between(1, 3) }, () => random.pick(TYPES));
    return this.#table(alias, types, (type) => this.#expressions.of(type, inner, 1));
  }

  #aggregated(alias: string, rows: Scope): { columns: Node[]; scope: Scope } {
    const { random } = this.#taste;
    const types = Array.from({ length: random.between(1, 3) }, () =>
      random.pick(['int', 'dec', 'num', 'num', 'datetime', 'text', 'bool', 'json'] as const),
    );
    return this.#table(alias, types, (type) =>
      this.#expressions.aggregate(type, this.#group(rows, rows.user)),
    );
  }

  #table(alias: string, types: Type[], column: (type: Type) => Node): { columns: Node[]; scope: Scope } {
    const texts = types.map((type, index) => ({ text: `${alias}.c${index}`, type }));
    return {
      columns: types.map((type, index) => value(column(type), ` as c${index}`)),
      // Columns three times, so that they are what conditions are about.
      scope: {
        columns: [...texts, ...texts, ...texts],
        attributes: [],
        user: `${alias}.id`,
        total: `${alias}.id`,
        created: 'now()',
      },
    };
  }

  #group(rows: Scope, key: string): Scope {
    return {
      columns: [{ text: key, type: 'text' }],
      attributes: [],
      user: key,
      total: key,
      created: 'now()',
      rows,
    };
  }

  #userRows(alias: string, outer?: Scope): Scope {
    const { population } = this.#taste;
    return userScope(alias, outer ? { population, outer } : { population });
  }

  #eventRows(alias: string, outer?: Scope): Scope {
    const { population } = this.#taste;
    return eventScope(alias, outer ? { population, outer } : { population });
  }
}

/** With the keywords in upper case. */
function shouted(part: Node): Node {
  const parts = part.parts.map((inner) => {
    if (typeof inner !== 'string') return 'sort' in inner ? shouted(inner) : inner;
    return /['"`]/.test(inner) ? inner : inner.replace(KEYWORDS, (word) => word.toUpperCase());
  });
  return { ...part, parts };
}

const KEYWORDS =
  /\b(?:select|distinct|from|where|and|or|xor|not|in|between|is|null|true|false|like|case|when|then|else|end|join|left|on|as|group by|having|order by|limit|union|all|with|exists|interval|day|cast|signed|char|coalesce|count|sum|max|over)\b/g;
