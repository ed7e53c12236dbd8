import { runHostChild } from './child.ts';

await runHostChild();
