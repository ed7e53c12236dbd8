import type { ActivationRequest, RenderRequest } from '../../src/engine/ports/host.ts';
import type { Bundle } from '../../src/engine/ports/manifest.ts';
import { createHost, type HostOptions, type ProcessHost } from '../../src/host/pool/pool.ts';

let count = 0;

/** A bundle whose config is this JavaScript object literal, after `before`. */
export function bundleOf(
  config: string,
  options: { before?: string; environment?: Record<string, string> } = {},
): Bundle {
  const code = `${options.before ?? ''}\nexport default ${config};\n`;
  return { id: `test-${++count}-${Bun.hash(code)}`, code, environment: options.environment ?? {} };
}

/** A bundle with one campaign, `c`, whose flow has this body. */
export function flowBundle(body: string, options?: Parameters<typeof bundleOf>[1]): Bundle {
  return bundleOf(`{ campaigns: { c: { flow: function* (ctx, rt) { ${body} } } } }`, options);
}

export function activation(runId: number, more: Partial<ActivationRequest> = {}): ActivationRequest {
  return {
    runId,
    campaignId: 'c',
    userId: `user-${runId}`,
    attributes: {},
    enteredAt: 1_760_000_000_000,
    journal: '',
    at: 1_760_000_000_000,
    ...more,
  };
}

export function rendering(id: string, more: Partial<RenderRequest> = {}): RenderRequest {
  return { messageId: `msg-${id}`, kind: 'template', id, attributes: {}, event: null, ...more };
}

export interface LoggedHost extends ProcessHost {
  lines: string[];
  /** Resolves once a line holds `text`. */
  said(text: string): Promise<void>;
}

/** A host with what pushed code prints, and the environment of a server that has nothing set. */
export function hostFor(options: HostOptions = {}): LoggedHost {
  const lines: string[] = [];
  let waiting: { text: string; resolve: () => void }[] = [];
  const log = (line: string) => {
    lines.push(line);
    const heard = waiting.filter(({ text }) => line.includes(text));
    waiting = waiting.filter((it) => !heard.includes(it));
    for (const { resolve } of heard) resolve();
  };
  const host = createHost({ environment: { PATH: process.env.PATH }, log, ...options });
  return Object.assign(host, {
    lines,
    said(text: string): Promise<void> {
      if (lines.some((line) => line.includes(text))) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ text, resolve });
      return promise;
    },
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once `condition` holds; it is asked again and again. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(10);
}
