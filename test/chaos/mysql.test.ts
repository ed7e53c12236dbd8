import { chaos } from './suite.ts';

chaos('mysql');
