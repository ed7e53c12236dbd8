import type { BatchAnswer, Operation } from '../../src/protocol/api.ts';
import type { Person } from './seed-world.ts';

export interface Population {
  people: Person[];
  /** Every user, then every event in a random order, each with an id of its own. */
  operations: Operation[];
  events: number;
}

/**
 * People with events: one in ten events is a purchase of up to 400, the others are logins; one person in ten is winback. What they
 * add up to is known without asking Segflow.
 */
export function populate(users: number, events: number, random: () => number): Population {
  const people: Required<Person>[] = Array.from({ length: users }, (_, index) => ({
    id: `user-${index}`,
    winback: random() < 0.1,
    purchases: [],
  }));
  const operations: Operation[] = people.map(({ id, winback }) => ({
    type: 'user',
    id,
    attributes: { username: id, email: `${id}@example.com`, winback },
  }));
  for (let index = 0; index < events; index++) {
    const person = people[Math.floor(random() * users)]!;
    const isPurchase = random() < 0.1;
    const value = Math.round(random() * 40_000) / 100;
    if (isPurchase) person.purchases.push(value);
    operations.push({
      type: 'event',
      userId: person.id,
      name: isPurchase ? 'purchase' : 'login',
      attributes: isPurchase ? { value } : { device: 'phone' },
      messageId: `event-${index}`,
    });
  }
  return { people, operations, events };
}

/** Sends one batch; undefined when the connection broke, so that nothing is known of it. Rejects on an answer that is an error. */
export async function sendBatch(
  server: { url: string; apiKey: string },
  operations: Operation[],
): Promise<BatchAnswer | undefined> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${server.url}/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ operations }),
    });
    text = await response.text();
  } catch {
    return undefined;
  }
  if (response.status === 503) return undefined;
  if (!response.ok) throw new Error(`POST /v1/batch: ${response.status} ${text}`);
  return JSON.parse(text) as BatchAnswer;
}
