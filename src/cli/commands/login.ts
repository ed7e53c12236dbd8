import { defineCommand } from 'citty';
import { SegflowError } from '../../core/errors.ts';
import type { Status } from '../../protocol/api.ts';
import { about } from '../command-line/about.ts';
import { ask, readStdin } from '../command-line/ask.ts';
import { open } from '../connect/connection.ts';
import { printJson, terminalLog } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'login',
    usage: '',
    description: 'Save the URL and API key of a server for later commands',
    notes: [
      'Asks for the values that are not given. Checks the key with the server, then writes ~/.segflow/credentials.json, readable only by you.',
    ],
    examples: [
      'segflow login',
      'segflow login --url https://segflow.example.com --api-key KEY',
      'segflow login --url https://segflow.example.com --api-key-stdin < key.txt',
    ],
  }),
  args: {
    url: { type: 'string', description: 'The server' },
    'api-key': { type: 'string', valueHint: 'key', description: 'Its API key' },
    'api-key-stdin': {
      type: 'boolean',
      description: 'Read the key from stdin, so that no process list shows it',
    },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const [{ parseUrl }, { writeCredentials }] = await Promise.all([
      import('../connect/settings.ts'),
      import('../connect/credentials.ts'),
    ]);
    const { url: given = await ask('URL of the Segflow server', { preset: 'http://localhost:3000' }) } = args;
    const url = parseUrl(given, 'flag');
    const apiKey = (await keyFrom(args)).trim();
    if (apiKey === '')
      throw new SegflowError('invalid_input', 'the API key is empty', {
        hint: 'Give the key that segflow serve printed on its first start, or SEGFLOW_API_KEY of the server.',
      });
    const server = await open({ url, apiKey });
    const status = await server.request<Status>({ method: 'GET', path: '/v1/status' });
    const path = await writeCredentials({ url, apiKey }, process.env);
    if (args.json) return printJson({ url, path, version: status.version });
    (await terminalLog()).success(`Logged in to ${url} (Segflow ${status.version}); kept in ${path}`);
  },
});

// --- internal ---

async function keyFrom(args: {
  'api-key'?: string | undefined;
  'api-key-stdin'?: boolean | undefined;
}): Promise<string> {
  if (args['api-key-stdin']) return readStdin();
  return args['api-key'] ?? ask('API key', { secret: true });
}
