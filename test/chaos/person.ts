import type { Changes } from '../../src/protocol/api.ts';
import type { Action, PersonPlan } from './plan.ts';

/** An action of a person's client that was acknowledged. Times are epoch milliseconds. */
export interface Done {
  action: Action;
  /** When it was first asked for. */
  askedAt: number;
  acknowledgedAt: number;
  /** Requests it took. */
  attempts: number;
  /** What the person entered and left, where the client asked to wait for it and the first request was answered. */
  changes?: Changes | undefined;
}

/** Where to send a request: some process that may be alive. */
export type Target = () => { url: string; apiKey: string } | undefined;

/** A request that is not answered in this time is sent again, elsewhere. */
const PATIENCE_MS = 2_500;
const GIVE_UP_MS = 150_000;

/**
 * Does a person's actions one after the other, each until it is acknowledged: a client that is told nothing, or 503, asks again with
 * the same key. Any other refusal rejects.
 */
export async function live(person: PersonPlan, round: { target: Target; key: string }): Promise<Done[]> {
  const done: Done[] = [];
  for (const [index, action] of person.actions.entries()) {
    await Bun.sleep(action.afterMs);
    done.push(await perform(person.id, action, { ...round, key: `${round.key}-${person.id}-${index}` }));
  }
  return done;
}

// --- internal ---

async function perform(
  id: string,
  action: Action,
  { target, key }: { target: Target; key: string },
): Promise<Done> {
  const askedAt = Date.now();
  for (let attempts = 1; ; attempts++) {
    const server = target();
    const answer = server && (await ask(server, requestOf(id, action, key), key));
    if (answer?.ok) {
      const changes =
        attempts === 1 && action.wait ? (answer.body as { changes?: Changes }).changes : undefined;
      return { action, askedAt, acknowledgedAt: Date.now(), attempts, changes };
    }
    if (answer) throw new Error(`${id}: ${JSON.stringify(action)} was answered with ${answer.text}`);
    if (Date.now() - askedAt > GIVE_UP_MS) throw new Error(`${id}: nobody took ${JSON.stringify(action)}`);
    await Bun.sleep(30 + Math.random() * 100);
  }
}

interface Request {
  method: string;
  path: string;
  body: object;
}

function requestOf(id: string, action: Action, key: string): Request {
  const query = action.wait ? '?wait=true' : '';
  if (action.kind === 'user') {
    return { method: 'PUT', path: `/v1/users/${id}${query}`, body: { attributes: action.attributes } };
  }
  const { name, number, value } = action;
  const event = { userId: id, name, attributes: { number, value }, messageId: key };
  return { method: 'POST', path: `/v1/events${query}`, body: event };
}

/** Undefined when it is to be sent again. */
async function ask(
  server: { url: string; apiKey: string },
  { method, path, body }: Request,
  key: string,
): Promise<{ ok: boolean; text: string; body: unknown } | undefined> {
  try {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${server.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await response.text();
    if (response.status === 503) return undefined;
    return response.ok
      ? { ok: true, text, body: JSON.parse(text) }
      : { ok: false, text: `${response.status} ${text}`, body: undefined };
  } catch {
    return undefined;
  }
}
