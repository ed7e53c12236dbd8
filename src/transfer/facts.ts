import { type InstanceFacts, readFact, type writeFact } from '../store/driver/instance-state.ts';
import type { End } from './ends.ts';

type On = Parameters<typeof writeFact>[0];

export function fact<Name extends keyof InstanceFacts>({ driver }: End, name: Name) {
  return readFact({ connection: driver.reads, dialect: driver.dialect }, name);
}

/** In one transaction. */
export function changeFacts({ driver }: End, work: (on: On) => Promise<void>): Promise<void> {
  return driver.transaction((connection) => work({ connection, dialect: driver.dialect }));
}
