import { keep } from './found.ts';
import { fuzz, seedOfToday, summary } from './run.ts';
import { openStores, type StoreName } from './stores.ts';

const HELP = `npm run fuzz:sql -- [options]

Asks random questions (segments' SELECTs) about random people of several stores, and compares the members.

  --pairs N        stop after N pairs of query and population were compared (default 10000)
  --seconds N      stop after N seconds
  --seed N         repeat a run (default: today's, from the date in UTC)
  --stores A,B     of sqlite, mariadb, mysql (default: all; the servers by SEGFLOW_TEST_MARIADB_URL and SEGFLOW_TEST_MYSQL_URL)
  --queries N      queries for each population (default 400)
  --most N         make N different disagreements small, and count the others (default 20)
  --wild P         in a third of the queries, the share of operands of another type than belongs there (default 0.3)
  --refusals       show why stores refused queries, and why queries failed
  --out FILE       write the disagreements, made small, to FILE as JSON (default sql-fuzz-found.json)

  --keep FILE      instead: try the cases of FILE and of test/sql-fuzz/open.json. Those about which the stores agree now
                   go to found.json, which a test runs; the others to open.json

Servers for one run: node test/databases/run.mjs mariadb mysql -- npm run fuzz:sql -- --pairs 200000
Exits 1 when stores disagree.`;

const options = new Map<string, string>();
for (let args = process.argv.slice(2); args.length > 0; ) {
  const name = args[0]!.replace(/^--/, '');
  const flag = name === 'refusals' || name === 'help';
  options.set(name, flag ? 'true' : (args[1] ?? ''));
  args = args.slice(flag ? 1 : 2);
}
const number = (name: string) => (options.has(name) ? Number(options.get(name)) : undefined);

if (options.has('help')) console.log(HELP);
else {
  const seed = number('seed') ?? seedOfToday();
  const stores = (options.get('stores') ?? 'sqlite,mariadb,mysql').split(',') as StoreName[];
  const missing = stores.filter(
    (name) => name !== 'sqlite' && !process.env[`SEGFLOW_TEST_${name.toUpperCase()}_URL`],
  );
  if (missing.length > 0) {
    console.error(
      `no server for ${missing.join(', ')}: node test/databases/run.mjs ${missing.join(' ')} -- npm run fuzz:sql -- …`,
    );
    process.exit(2);
  }
  const keeping = options.get('keep');
  if (keeping !== undefined) {
    const opened = await openStores(stores);
    const { kept, open } = await keep(opened, await Bun.file(keeping).json());
    await Promise.all(opened.map((store) => store[Symbol.asyncDispose]()));
    console.log(`${kept} kept, about ${open} the stores still disagree`);
    process.exit(0);
  }
  console.log(`seed ${seed}, stores ${stores.join(', ')}`);
  const seconds = number('seconds');
  const result = await fuzz({
    ...{
      seed,
      stores,
      pairs: number('pairs') ?? 10_000,
      queries: number('queries') ?? 400,
      most: number('most') ?? 20,
      wild: number('wild') ?? 0.3,
    },
    ...(seconds === undefined ? {} : { milliseconds: seconds * 1000 }),
    log: console.log,
  });
  console.log(summary(result));
  if (options.has('refusals')) {
    for (const what of ['refused', 'failed'] as const) {
      for (const [store, reasons] of Object.entries(result[what])) {
        console.log(`\n${store} ${what}:`);
        const most = [...reasons].sort((a, b) => b[1].times - a[1].times).slice(0, 60);
        for (const [reason, { times, sql }] of most) console.log(`${times}\t${reason}\n\t\t${sql}`);
      }
    }
  }
  for (const sql of result.undecided.slice(0, 20)) console.log(`undecided by MySQL: ${sql}`);
  if (result.disagreements.length > 0) {
    const file = options.get('out') ?? 'sql-fuzz-found.json';
    await Bun.write(file, `${JSON.stringify(result.disagreements, undefined, 1)}\n`);
    console.log(`written to ${file}`);
    process.exitCode = 1;
  }
}
