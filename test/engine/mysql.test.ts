import { onStore } from './world.ts';

await onStore('mysql', [() => import('./campaigns.test.ts')]);
