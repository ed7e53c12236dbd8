import { push, quiet, seedProject } from '../test/binary/seed-world.ts';
import { type Postmark, startPostmark } from '../test/helpers/postmark.ts';
import type { Project } from '../test/helpers/project.ts';
import type { Serve } from '../test/helpers/serve.ts';

export interface Seeded extends AsyncDisposable {
  machine: Project;
  server: Serve;
  postmark: Postmark;
}

/**
 * The seed's configuration pushed to a fresh server, with a loopback Postmark or, given an outbox,
 * files.
 */
export async function seeded(options: { outbox?: boolean } = {}): Promise<Seeded> {
  const postmark = await startPostmark();
  const machine = await seedProject(postmark);
  const server = await machine.serve(options.outbox ? { args: ['--outbox', 'outbox'] } : {});
  await push(machine, server, postmark);
  await quiet(server);
  return {
    machine,
    server,
    postmark,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
      await postmark[Symbol.asyncDispose]();
    },
  };
}
