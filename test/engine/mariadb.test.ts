import { onStore } from './world.ts';

await onStore('mariadb', [() => import('./campaigns.test.ts')]);
