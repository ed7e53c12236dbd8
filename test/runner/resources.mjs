// What areas may need prepared: each returns the environment that tells the tests, and how to end it.
import { startMariadb } from '../databases/mariadb.mjs';
import { startMysql } from '../databases/mysql.mjs';
import { prepareChromium } from './chromium.mjs';

const none = async () => {};

export const RESOURCES = {
  chromium: async (log) => ({ env: { CHROMIUM_PATH: await prepareChromium(log) }, stop: none }),
  mariadb: async (log) => {
    const { url, stop } = await startMariadb(log);
    return { env: { SEGFLOW_TEST_MARIADB_URL: url }, stop };
  },
  mysql: async (log) => {
    const { url, stop } = await startMysql(log);
    return { env: { SEGFLOW_TEST_MYSQL_URL: url }, stop };
  },
};
