import type { Database } from 'bun:sqlite';
import type { Clock } from '../../core/clock.ts';

export function registerFunctions(_db: Database, _clock: Clock): void {}
