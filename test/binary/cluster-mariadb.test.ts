import { cluster } from './cluster.ts';

cluster('mariadb');
