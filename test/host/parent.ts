/* A server that runs one flow and stays; its test kills it. */

import { createHost } from '../../src/host/pool/pool.ts';
import { activation, flowBundle } from './bundles.ts';

const host = createHost({ processes: 1, timeoutMs: 60_000, log: (line) => console.log(line) });
await host.advance(flowBundle('yield rt.wait({ days: 1 })'), [activation(1)]);
console.log(`child ${host.pids()[0]}`);
await host.advance(flowBundle(`${process.argv[2]}; yield rt.wait({ days: 1 })`), [activation(1)]);
await Bun.sleep(60_000);
