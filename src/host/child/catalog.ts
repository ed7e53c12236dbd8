import { inspectConfig } from '../../config/inspect/inspect.ts';
import { sampleFor } from '../../config/sample.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PreviewCatalog, PreviewItem } from '../../engine/ports/host.ts';
import type { Work } from '../wire/protocol.ts';
import { type LoadedBundle, locateIn } from './stack.ts';

/**
 * The parts of a config that a preview lists. The config may be wrong in any way. Nothing is
 * rendered here: each email is rendered when someone opens it, and one that hangs does not block
 * the others.
 */
export async function catalogOf(
  bundle: LoadedBundle,
  { at, unchecked = false }: Work['catalog']['item'],
): Promise<PreviewCatalog> {
  const { config } = bundle;
  const options = { locate: locateIn(bundle), render: false, source: bundle.code } as const;
  const { problems } = unchecked ? { problems: [] } : await inspectConfig(config, at, options);
  const sections = record(config);
  const provider = record(sections.emailProvider);
  const templates = Object.entries(record(sections.templates));
  const transactions = Object.entries(record(sections.transactions));
  return {
    items: [
      ...templates.map(([id, entry]) => itemOf('template', id, record(entry))),
      ...transactions.map(([id, entry]) => itemOf('transaction', id, record(entry))),
    ],
    fromAddress: text(provider.fromAddress),
    replyTo: text(provider.replyTo),
    problems,
  };
}

// --- internal ---

function itemOf(kind: PreviewItem['kind'], id: string, entry: Record<string, unknown>): PreviewItem {
  const { user, event, own } = sampleFor(entry.component, text(entry.event) ?? id);
  const shown =
    kind === 'transaction'
      ? { name: event.name, attributes: plain(event.attributes), createdAt: Number(event.createdAt) }
      : null;
  return { kind, id, sample: { attributes: plain(user), event: shown }, previewProps: own };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** PreviewProps may contain dates and functions; a list of attributes is JSON. */
function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
