import type { Arg } from './arg.ts';
import { clock, fromText, pad, SECOND } from './moment.ts';

/*
 * TIME: a duration up to 838 hours. In a row it is a text such as `10:00:00` or `-26:00:00.500`.
 * These texts do not sort like the times: the printer compares `my_time_key`.
 */

const MAX = (838 * 3600 + 59 * 60 + 59) * SECOND;

/** Microseconds of a TIME; undefined for an invalid one. */
export function toTimeMicros(value: Arg | undefined): number | undefined {
  if (typeof value === 'number') return fromPacked(value);
  return typeof value === 'string' ? fromTimeText(value) : undefined;
}

/** The form of a TIME in a row, and in MySQL's output with this many digits of a second. */
export function storeTime(micros: number, fsp?: number): string {
  const size = Math.abs(micros);
  const fraction = pad(size % SECOND, 6);
  const digits = fsp === undefined ? fraction.replace(/0+$/, '') : fraction.slice(0, fsp);
  return `${micros < 0 ? '-' : ''}${clock(size)}${digits === '' ? '' : `.${digits}`}`;
}

export function roundTime(micros: number, fsp: number): number {
  const step = 10 ** (6 - fsp);
  return Math.sign(micros) * Math.min(MAX, Math.floor((Math.abs(micros) + step / 2) / step) * step) + 0;
}

export function limitTime(micros: number): number {
  return Math.max(-MAX, Math.min(MAX, micros));
}

/** Whether a text is a time and nothing more. */
export function isWholeTime(text: string): boolean {
  if (WHOLE.test(text)) return fromText(text)?.truncated === false;
  const found = CLOCK.exec(text.replace(/^\s*-?/, ''));
  return found !== null && text.trim().replace(/^-\s*/, '').length === found[0].trim().length;
}

/** Follows str_to_time() in MySQL's my_time.cc. */
function fromTimeText(text: string): number | undefined {
  const [, sign, rest = ''] = /^[ \t\n\v\f\r]*(-?)(.*)$/s.exec(text)!;
  if (rest === '') return undefined;
  if (rest.length >= 12 && WHOLE.test(rest)) {
    const moment = fromText(rest);
    return moment === undefined || moment.dateOnly ? undefined : moment.micros;
  }
  const found = CLOCK.exec(rest);
  if (!found || /^e[+-]?\d/i.test(rest.slice(found[0].length))) return undefined;
  const [, lead, dayHour, dayMinute = '0', daySecond = '0', minute, second = '0', fraction = ''] = found;
  let [hours, minutes, seconds] = [0, 0, 0];
  if (dayHour !== undefined) {
    [hours, minutes, seconds] = [Number(lead) * 24 + Number(dayHour), Number(dayMinute), Number(daySecond)];
  } else if (minute !== undefined) {
    [hours, minutes, seconds] = [Number(lead), Number(minute), Number(second)];
  } else {
    const packed = Number(lead);
    [hours, minutes, seconds] = [Math.floor(packed / 10_000), Math.floor(packed / 100) % 100, packed % 100];
  }
  if (minutes > 59 || seconds > 59 || hours > 4_294_967_295) return undefined;
  const carry = fraction.length > 6 && fraction[6]! >= '5' ? 1 : 0;
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0')) + carry;
  const size = ((hours * 60 + minutes) * 60 + seconds) * SECOND + micros;
  return (sign === '-' ? -1 : 1) * Math.min(MAX, size) + 0;
}

/**
 * A date with a time after a space, or digits only; other texts that look like dates are read as
 * times.
 */
const WHOLE = /^\d+[!-/:-@[-`{-~]+\d+[!-/:-@[-`{-~]+\d+[ \t\n\v\f\r]|^\d{12}|^\d{8}T/;
/** Days and hours, hours and minutes, or only digits; no exponent may follow. */
const CLOCK = /^\s*(\d+|(?=\.\d))(?:\s+(?=\S{2})(\d+)(?::(\d+)(?::(\d+))?)?|:(\d+)(?::(\d+))?)?(?:\.(\d*))?/i;

/** HHMMSS as a number. */
function fromPacked(value: number): number | undefined {
  const size = Math.trunc(Math.abs(value));
  if (size >= 10_000_000_000) {
    const [hours, minutes, seconds] = [
      Math.floor(size / 10_000) % 100,
      Math.floor(size / 100) % 100,
      size % 100,
    ];
    return hours > 23 || minutes > 59 || seconds > 59
      ? undefined
      : ((hours * 60 + minutes) * 60 + seconds) * SECOND;
  }
  if (size > 8_385_959) return undefined;
  const [hours, minutes, seconds] = [Math.floor(size / 10_000), Math.floor(size / 100) % 100, size % 100];
  if (minutes > 59 || seconds > 59) return undefined;
  const micros =
    ((hours * 60 + minutes) * 60 + seconds) * SECOND + Math.round((Math.abs(value) - size) * SECOND);
  return (value < 0 ? -1 : 1) * micros + 0;
}
