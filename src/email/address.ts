import { domainToASCII } from 'node:url';

/**
 * The longest address that a mail server accepts: RFC 5321, 4.5.3.1.3, without the angle brackets.
 */
const MAX_ADDRESS = 254;
/** RFC 5321, 4.5.3.1.1. */
const MAX_LOCAL = 64;

// A dot-atom (RFC 5322, 3.2.3), in UTF-8 where the mailbox is (RFC 6531): no spaces, quotes, commas or brackets.
const LOCAL = /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const DOMAIN =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?\.)+[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?$/u;

/**
 * The single mailbox in a user's `email` attribute. Undefined for anything else: no string, a list,
 * a name with an address, a domain without a dot, an address with line breaks. Quoted local parts
 * and address literals are refused, as Postmark refuses them
 * (https://postmarkapp.com/support/article/1180-what-does-errorcode-300-mean).
 */
export function parseAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const address = value.trim();
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  const isValid =
    at > 0 &&
    address.length <= MAX_ADDRESS &&
    local.length <= MAX_LOCAL &&
    LOCAL.test(local) &&
    DOMAIN.test(domain);
  return isValid ? address : undefined;
}

/**
 * Parses a sender from a config, `hello@example.com` or `Example <hello@example.com>`, into its
 * name (may be empty) and mailbox. Undefined when the text is neither, or holds a line break.
 */
export function parseSender(value: unknown): { name: string; address: string } | undefined {
  if (typeof value !== 'string' || /\p{Cc}/u.test(value)) return undefined;
  const match = /^([^<>]*)<([^<>]*)>$/.exec(value.trim());
  const address = parseAddress(match ? match[2] : value);
  if (address === undefined) return undefined;
  const name = match?.[1]?.trim() ?? '';
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(name);
  return { name: quoted ? quoted[1]!.replace(/\\(.)/g, '$1') : name, address };
}

/**
 * Formats `text` for a header: the name quoted if required (RFC 5322, 3.4), the domain in ASCII. A
 * text that is not a sender is returned unchanged.
 */
export function senderHeader(text: string): string {
  const sender = parseSender(text);
  if (!sender) return text;
  const address = toAsciiDomain(sender.address);
  if (sender.name === '') return address;
  const isPlain = /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~ -]*$/u.test(sender.name);
  return `${isPlain ? sender.name : `"${sender.name.replace(/["\\]/g, '\\$&')}"`} <${address}>`;
}

/**
 * The address with its internationalised domain in ASCII form, which providers and DNS understand
 * (RFC 5891).
 */
export function toAsciiDomain(address: string): string {
  const at = address.lastIndexOf('@') + 1;
  return address.slice(0, at) + (domainToASCII(address.slice(at)) || address.slice(at));
}
