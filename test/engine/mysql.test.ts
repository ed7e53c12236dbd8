import { onStore } from './world.ts';

await onStore('mysql', [
  () => import('./campaigns.test.ts'),
  () => import('./plan.test.ts'),
  () => import('./explain.test.ts'),
]);
