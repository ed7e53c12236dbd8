import { test } from 'bun:test';
import { crashPoints } from './crash-points.ts';

const server = process.env.SEGFLOW_TEST_MYSQL_URL;

if (server === undefined) test.skip('crash points on MySQL: no server', () => {});
else crashPoints('MySQL', server);
