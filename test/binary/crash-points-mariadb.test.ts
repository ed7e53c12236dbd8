import { test } from 'bun:test';
import { crashPoints } from './crash-points.ts';

const server = process.env.SEGFLOW_TEST_MARIADB_URL;

if (server === undefined) test.skip('crash points on MariaDB: no server', () => {});
else crashPoints('MariaDB', server);
