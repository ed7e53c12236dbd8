// Opens the store in the folder given, commits a user, begins a transaction that never ends, and says so.
import { systemClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/open.ts';

const store = await openStore({ dataDir: process.argv[2]!, clock: systemClock });
const row = (id: string) => ({ id, attributes: {}, createdAt: 0, updatedAt: 0 });
await store.putUsers([row('committed')]);
await store.transaction(async (tx) => {
  await tx.putUsers([row('uncommitted')]);
  console.log('holding');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});
