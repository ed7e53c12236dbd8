import { chaos } from './suite.ts';

chaos('mariadb');
