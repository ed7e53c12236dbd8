import { cluster } from './cluster.ts';

cluster('mysql');
