import { type AttributesPatch, Client, type UserResult } from '../../src/client/sdk.ts';
import type { UserAnswer } from '../../src/protocol/api.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Expect<T extends true> = T;

interface MyUserAttributes {
  username: string;
  email: string;
  deactivated?: boolean;
  tags?: string[];
  address?: { city: string };
}

export async function seedExamples(client: Client<MyUserAttributes>, untyped: Client) {
  await client.createUser('user-123', { username: 'johndoe', email: 'john@example.com' });
  await client.updateUser('user-123', { deactivated: true });
  await client.emit('user-123', 'login', { timestamp: Date.now() });
  await untyped.createUser('user-123', { anything: [1, { goes: null }] });
  await untyped.updateUser('user-123', { anything: null });

  await client.updateUser('user-123', { deactivated: null, address: { city: null }, tags: ['a'] });
  // @ts-expect-error a required attribute is missing
  await client.createUser('user-123', { username: 'johndoe' });
  // @ts-expect-error there is no such attribute
  await client.updateUser('user-123', { deactivatd: true });
  // @ts-expect-error lists are replaced, not merged
  await client.updateUser('user-123', { tags: { 0: 'b' } });
  // @ts-expect-error there is no such status
  await client.messages({ status: 'lost' });

  const { user } = await client.createUser('user-123', { username: 'a', email: 'b' });
  const journey = await client.getUser('user-123');
  return { email: user.attributes.email, deactivated: journey.attributes.deactivated };
}

export type Checks = [
  Expect<
    Equal<Awaited<ReturnType<typeof seedExamples>>, { email: string; deactivated: boolean | undefined }>
  >,
  Expect<Equal<AttributesPatch<{ a: string }>, { a?: string | null }>>,
  // What the server promises is what the client does.
  Expect<UserAnswer extends UserResult<UserAnswer['user']['attributes']> ? true : false>,
];

export const client = new Client({
  url: 'https://your-segflow-instance.com',
  apiKey: 'your-api-key',
  fetch: globalThis.fetch,
});
