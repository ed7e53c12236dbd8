import { refuse } from './tokens.ts';
import { call, isWord, type Node, splitCommas, word } from './tree.ts';
import { unsupported } from './unsupported.ts';

/** `cast(value as type)` in SQLite, with MySQL's rounding and reading of text. */
export function castTo(value: Node[], type: Node[]): Node {
  const first = type[0];
  const name = first?.kind === 'word' ? first.value : first?.kind === 'call' ? first.name : undefined;
  const sizes = first?.kind === 'call' ? splitCommas(first.args) : [];
  switch (name) {
    case 'signed':
    case 'unsigned':
    case 'year':
      return call('mysql_cast_integer', value);
    case 'decimal':
    case 'dec':
    case 'numeric':
      return call('mysql_cast_decimal', value, sizes[1] ?? [{ kind: 'number', value: '0' }]);
    case 'double':
    case 'float':
    case 'real':
      return call('cast', [...value, word('as'), word('real')]);
    case 'char':
    case 'nchar':
    case 'binary':
      return sizes[0]
        ? call('mysql_left', [call('mysql_cast_char', value)], sizes[0])
        : call('mysql_cast_char', value);
    case 'date':
      return call('date', value);
    case 'datetime':
    case 'timestamp':
      return call('mysql_datetime', value);
    case 'json':
      return call('json_extract', value, [{ kind: 'string', value: '$' }]);
    case 'time':
      throw unsupported('CAST(… AS TIME)', 'it has no type for lengths of time');
    default:
      throw refuse(`CAST() to an unknown type${isWord(first) ? ` (${first.value})` : ''}`);
  }
}
