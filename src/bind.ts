import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { messageOf, SegflowError } from './core/errors.ts';

export interface BindOptions<T> {
  /** An address, with or without the brackets of IPv6, or a name. */
  host: string;
  /** The port; 0 takes any free port. */
  port: number;
  /** Binds one address, always a number and never a name. Throws errors with the system's codes. */
  serve(address: string): T;
  /** Resolves a name to its addresses. Default: the system's resolver. */
  lookup?: (name: string) => Promise<Pick<LookupAddress, 'address'>[]>;
}

/**
 * Serves on the first usable address of a host. Throws `port_in_use`, or `invalid_input` if the
 * host or port cannot be used.
 *
 * The name is resolved here because Bun reports an unknown name with the system's most recent
 * error, whatever that was.
 */
export async function bind<T>(options: BindOptions<T>): Promise<T> {
  const { port, serve, lookup = (name) => systemLookup(name, { all: true }) } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new SegflowError('invalid_input', `the port must be a whole number from 0 to 65535, got ${port}`, {
      hint: 'Port 0 takes any free one.',
    });
  }
  const host = withoutBrackets(options.host);
  let failure: SegflowError | undefined;
  for (const address of await addressesOf(host, lookup)) {
    try {
      return serve(address);
    } catch (error) {
      const refused = refusal(error, { host, address, port });
      // A machine without IPv6 may still resolve a name to ::1; the name's other addresses work.
      if (!NOT_HERE.has(codeOf(error))) throw refused;
      failure ??= refused;
    }
  }
  throw failure ?? notFound(host);
}

/**
 * The address for reaching a host that the server listens on: a wildcard is reached by loopback.
 */
export function urlOf(host: string, port: number): string {
  const name = withoutBrackets(host);
  if (name === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (name === '::') return `http://[::1]:${port}`;
  return isIP(name) === 6 ? `http://[${name}]:${port}` : `http://${name}:${port}`;
}

// --- internal ---

/**
 * The system's error codes for an address, or a kind of address, that this machine does not have.
 */
const NOT_HERE = new Set<unknown>(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);
const OWN_ADDRESS = 'The host must be an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them.';

async function addressesOf(
  host: string,
  lookup: NonNullable<BindOptions<unknown>['lookup']>,
): Promise<string[]> {
  if (host === '') throw new SegflowError('invalid_input', 'the host is empty', { hint: OWN_ADDRESS });
  if (isIP(host)) return [host];
  // Empty for a text that cannot be a name.
  const name = domainToASCII(host);
  if (name === '') throw notFound(host);
  const found = await lookup(name).catch((error: unknown) => {
    throw notFound(host, error);
  });
  return found.map(({ address }) => address);
}

function notFound(host: string, cause?: unknown): SegflowError {
  return new SegflowError('invalid_input', `the host ${JSON.stringify(host)} cannot be found`, {
    hint: OWN_ADDRESS,
    cause,
  });
}

function refusal(cause: unknown, at: { host: string; address: string; port: number }): SegflowError {
  const { host, address, port } = at;
  const code = codeOf(cause);
  if (code === 'EADDRINUSE') {
    const used = port === 0 ? `no port of ${host} is free` : `port ${port} of ${host} is in use`;
    return new SegflowError('port_in_use', used, {
      hint: 'Another Segflow may be running. Stop what uses the port, or choose another with --port.',
      cause,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new SegflowError('invalid_input', `port ${port} of ${host} needs more rights than this user has`, {
      hint: 'Ports below 1024 usually belong to root: choose another with --port.',
      cause,
    });
  }
  if (NOT_HERE.has(code)) {
    const named = host === address ? host : `${host} is ${address}, which`;
    return new SegflowError('invalid_input', `${named} is not an address of this machine`, {
      hint: OWN_ADDRESS,
      cause,
    });
  }
  return new SegflowError('invalid_input', `cannot listen on ${host}, port ${port}: ${messageOf(cause)}`, {
    hint: OWN_ADDRESS,
    cause,
  });
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
