import { chaos } from './suite.ts';

chaos('sqlite');
