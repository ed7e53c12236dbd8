import { readUnit } from './embedded-templates.ts' with { type: 'macro' };

export const UNIT: string = readUnit();
