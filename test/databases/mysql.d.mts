import type { DatabaseServer } from './server.mjs';

export function startMysql(log?: (line: string) => void): Promise<DatabaseServer>;
