import { test } from '../helpers/witnessed-test.ts';
import { everyCommand } from './every-command.ts';

const server = process.env.SEGFLOW_TEST_MARIADB_URL;

if (server === undefined) test.skip('every command on MariaDB: no server', () => {});
else everyCommand('MariaDB', { serverUrl: server });
