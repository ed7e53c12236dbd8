import type { Status } from '../../src/protocol/api.ts';
import type { Postmark } from '../helpers/postmark.ts';
import { type Project, project } from '../helpers/project.ts';
import type { Serve } from '../helpers/serve.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** The attributes of a user, and the values of this user's purchases. */
export interface Person {
  id: string;
  winback?: boolean;
  purchases?: number[];
}

/** The seed's first configuration on a bare machine, its mail going to `postmark`; unknown messages are settled at once. */
export function seedProject(postmark: Postmark, env: Record<string, string> = {}): Promise<Project> {
  return project({
    fixture: 'seed',
    env: { POSTMARK_API_URL: postmark.url, SEGFLOW_SETTLE_AFTER: '100ms', ...env },
  });
}

/** Pushes the configuration, with the Postmark token in the environment of the push alone. */
export async function push(on: Project, server: Serve, postmark: { token: string }): Promise<void> {
  await on.run(['push'], {
    env: { SEGFLOW_URL: server.url, SEGFLOW_API_KEY: server.apiKey, POSTMARK_API_KEY: postmark.token },
  });
}

/** Every operation that makes these people what they are, each event with an id of its own. */
export function operationsFor(people: Person[]): object[] {
  return people.flatMap(({ id, winback, purchases = [] }) => [
    {
      type: 'user',
      id,
      attributes: { username: id, email: emailOf(id), ...(winback === undefined ? {} : { winback }) },
    },
    ...purchases.map((value, index) => ({
      type: 'event',
      userId: id,
      name: 'purchase',
      attributes: { value },
      messageId: `${id}-purchase-${index}`,
    })),
  ]);
}

/** The mail these people are promised by the configuration, `address: subject`, sorted. */
export function promised(people: Person[]): string[] {
  return people
    .flatMap(({ id, winback, purchases = [] }) =>
      [
        `Welcome to Segflow, ${id}!`,
        ...(winback ? [`We miss you, ${id}!`] : []),
        ...(purchases.reduce((sum, value) => sum + value, 0) > 1000
          ? [`You're one of our VIP customers, ${id}!`]
          : []),
        ...purchases.map(() => `Order Confirmed, ${id}!`),
      ].map((subject) => `${emailOf(id)}: ${subject}`),
    )
    .sort();
}

/** The mail that Postmark accepted, in the same form. */
export function accepted(postmark: Postmark): string[] {
  return postmark.accepted.map(({ message }) => `${message.To}: ${message.Subject}`).sort();
}

/** Resolves, with the status, once nothing is left to evaluate, to advance now, or to send. */
export function quiet(server: Serve, timeoutMs = 60_000): Promise<Status> {
  let last: Status | undefined;
  return waitFor(
    'the engine to be quiet',
    async () => {
      last = await server.json<Status>('GET', '/v1/status');
      const { pending, runs, messages } = last;
      const moving = [runs.pending, runs.running, messages.queued, messages.sending, messages.unknown];
      return pending === 0 && !moving.some(Boolean) && last;
    },
    { timeoutMs, everyMs: 50 },
  ).catch((error) => {
    throw new Error(`${error.message}; at last ${JSON.stringify(last)}`);
  });
}

export function emailOf(id: string): string {
  return `${id}@example.com`;
}
