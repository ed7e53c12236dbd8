import type { CastType } from '../ast.ts';
import type { Reader } from './reader.ts';

/** The type of CAST and CONVERT. */
export function castType(reader: Reader): CastType {
  const { kind, value, raw, at } = reader.take();
  if (kind !== 'word') throw reader.refuse('a type such as SIGNED or CHAR is expected', { at });
  switch (value) {
    case 'signed':
    case 'unsigned':
      if (!reader.accept('integer')) reader.accept('int');
      return { kind: value };
    case 'decimal':
    case 'dec':
      return decimal(reader);
    case 'double':
      reader.accept('precision');
      return { kind: 'double' };
    case 'real':
      return { kind: 'double' };
    case 'float': {
      // FLOAT(n) with n up to 24 is a four-byte float.
      const [bits] = sizes(reader);
      return { kind: bits !== undefined && bits > 24 ? 'double' : 'float' };
    }
    case 'char':
    case 'character': {
      const [length] = sizes(reader);
      if (reader.isWord('character', 'charset', 'ascii', 'unicode', 'binary')) {
        throw reader.refuse('CAST() to a character set is not accepted', { hint: 'Every text is utf8mb4.' });
      }
      return { kind: 'char', length };
    }
    case 'binary':
      return { kind: 'binary', length: sizes(reader)[0] };
    case 'date':
    case 'json':
    case 'year':
      return { kind: value };
    case 'datetime':
    case 'time':
      return { kind: value, fsp: fsp(reader, sizes(reader)[0] ?? 0) };
    default:
      throw reader.refuse(`CAST() to an unknown type, ${raw}`, {
        at,
        hint: 'The types are SIGNED, UNSIGNED, DECIMAL(m, n), DOUBLE, CHAR, DATE, DATETIME, TIME and JSON.',
      });
  }
}

function decimal(reader: Reader): CastType {
  const { at } = reader;
  const [precision = 10, scale = 0] = sizes(reader);
  if (precision > 65 || scale > 30 || scale > precision) {
    throw reader.refuse('DECIMAL has up to 65 digits, up to 30 of them after the point', { at });
  }
  return { kind: 'decimal', precision: precision === 0 ? 10 : precision, scale };
}

function sizes(reader: Reader): number[] {
  if (!reader.isSymbol('(')) return [];
  return reader.inBrackets(() =>
    reader.list(() => {
      const { kind, value, at } = reader.take();
      if (kind !== 'number' || !/^\d+$/.test(value))
        throw reader.refuse('a whole number is expected', { at });
      return Number(value);
    }),
  );
}

function fsp(reader: Reader, digits: number): number {
  if (digits > 6) throw reader.refuse('a time has 0 to 6 digits of a second');
  return digits;
}
