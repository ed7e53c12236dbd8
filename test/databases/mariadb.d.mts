import type { DatabaseServer } from './server.mjs';

export function startMariadb(log?: (line: string) => void): Promise<DatabaseServer>;
