import { quote } from '../mysql/format.ts';
import { type Adapted, checkParams, readSelect, toSql } from './adapt.ts';
import { rewriteForMariadb } from './mariadb.ts';
import { refuse } from './tokens.ts';
import { traitsOf } from './traits.ts';
import { print, walk } from './tree.ts';

/**
 * Makes a SELECT ready for MySQL, as it is, or for MariaDB. Throws `invalid_config` when it is not one SELECT that only reads,
 * and `store_unsupported` when MariaDB would answer it otherwise than MySQL.
 */
export function adaptToMysql(sql: string, params: readonly unknown[], flavor: 'mysql' | 'mariadb'): Adapted {
  const { tree, kept } = readSelect(sql, params);
  for (const node of walk(tree)) {
    if (node.kind === 'call' && EFFECTS.has(node.name)) {
      throw refuse(`a segment only reads: ${node.name.toUpperCase()}() is not accepted`);
    }
    if (node.kind === 'symbol' && ['@', '@@', ':='].includes(node.value)) {
      throw refuse('a segment cannot use variables (@name)');
    }
  }
  const rewritten = flavor === 'mariadb' ? rewriteForMariadb(tree, kept) : tree;
  checkParams(rewritten, kept);
  return { text: print(rewritten, quote), params: kept.map(toSql), traits: traitsOf(tree, kept) };
}

/** Functions that do something, or keep the server busy. */
const EFFECTS = new Set(
  `sleep benchmark get_lock release_lock release_all_locks is_free_lock is_used_lock load_file last_insert_id master_pos_wait
   source_pos_wait wait_for_executed_gtid_set nextval setval lastval`.split(/\s+/),
);
