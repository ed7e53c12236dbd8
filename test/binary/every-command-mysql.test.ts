import { test } from '../helpers/witnessed-test.ts';
import { everyCommand } from './every-command.ts';

const server = process.env.SEGFLOW_TEST_MYSQL_URL;

if (server === undefined) test.skip('every command on MySQL: no server', () => {});
else everyCommand('MySQL', { serverUrl: server });
