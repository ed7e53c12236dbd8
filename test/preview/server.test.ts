import { expect, setDefaultTimeout, test } from 'bun:test';
import type { OverviewItem, PreviewState, RenderAnswer, RenderQuestion } from '../../src/preview/api.ts';
import { CONFIG, previewed, WELCOME } from './previewed.ts';

// Each test starts a host process of its own, which loads React Email: many seconds on a busy machine.
setDefaultTimeout(120_000);

test('lists and renders the emails of a config whose provider has no key', async () => {
  await using it = await previewed();
  const state = await stateOf(it.url);
  expect(state.items.map(({ kind, id }) => `${kind}/${id}`)).toEqual([
    'template/welcome-email',
    'template/weekly-digest',
    'transaction/receipt',
  ]);
  expect(state.broken).toBe(false);
  expect(state.from).toBe('Harbour <hello@harbour.example>');
  expect(state.problems.map(({ path }) => path)).toEqual(['emailProvider.config.apiKey']);

  const answer = await rendered(it.url, { kind: 'template', id: 'welcome-email' });
  expect(answer.subject).toBe('Welcome, ada!');
  expect(answer.html).toContain('font-size:24px');
  expect(answer.text).toContain('First of many.');
  expect(answer.bytes).toBe(Buffer.byteLength(answer.html));
  const readable = await post(it.url, '/api/readable', { html: answer.html });
  const { source } = (await readable.json()) as { source: string };
  expect(source.split('\n').length).toBeGreaterThan(answer.html.split('\n').length);
});

test("renders with the component's PreviewProps, or with the reader's data instead", async () => {
  await using it = await previewed();
  const own = await rendered(it.url, { kind: 'template', id: 'weekly-digest' });
  expect(own.subject).toBe("Noor's week");
  expect(own.text).toContain('Three roasts arrived');
  const edited = await rendered(it.url, {
    kind: 'template',
    id: 'weekly-digest',
    data: { attributes: { username: 'Lin', news: ['A new grinder'] }, event: null },
  });
  expect(edited.subject).toBe("Lin's week");
  expect(edited.text.trim()).toBe('A new grinder');
  const event = { name: 'purchase', attributes: { value: 7 }, createdAt: Date.UTC(2031, 5) };
  const receipt = await rendered(it.url, {
    kind: 'transaction',
    id: 'receipt',
    data: { attributes: {}, event },
  });
  expect(receipt.text.trim()).toBe('Paid 7 in 2031');
});

test('an email that throws fails alone, with the place in the project', async () => {
  await using it = await previewed({
    'emails/Digest.tsx':
      'export default function Digest({ user }: any) {\n  return <p>{user.cart.items.length}</p>;\n}\n',
  });
  const response = await ask(it.url, { kind: 'template', id: 'weekly-digest' });
  const answer = (await response.json()) as RenderAnswer;
  if (answer.ok) throw new Error('rendered');
  expect(answer.error.message).toContain('user.cart.items');
  expect(answer.error.stack).toContain('emails/Digest.tsx:2');
  const overview = (await (await fetch(`${it.url}/api/overview`)).json()) as OverviewItem[];
  expect(overview.map(({ subject }) => subject)).toEqual(['Welcome, ada!', null, 'Your receipt']);
});

test('tells of a change, of an error with its line, and of the recovery', async () => {
  await using it = await previewed();
  const versions = await changesOf(it.url);
  expect(await versions.next()).toBe(1);

  it.save('emails/Welcome.tsx', WELCOME.replace('First of many.', 'Second of many.'));
  expect(await versions.next()).toBe(2);
  expect((await rendered(it.url, { kind: 'template', id: 'welcome-email' })).text).toContain(
    'Second of many.',
  );

  it.save('emails/Welcome.tsx', WELCOME.replace('</Text>', '</Txt>'));
  expect(await versions.next()).toBe(3);
  const broken = await stateOf(it.url);
  expect(broken.broken).toBe(true);
  expect(broken.items).toHaveLength(3);
  const [problem] = broken.problems;
  expect(problem?.file).toBe('emails/Welcome.tsx');
  expect(problem?.line).toBe(13);
  expect(problem?.frame).toContain('First of many.</Txt>');

  it.save('emails/Welcome.tsx', WELCOME);
  expect(await versions.next()).toBe(4);
  expect((await stateOf(it.url)).broken).toBe(false);
  await versions.stop();
});

test('a config that throws when it is loaded is broken; one with problems is not, and all of them are told', async () => {
  await using it = await previewed({
    'segflow.config.ts': `${CONFIG}\nthrow new Error('not today');\n`,
  });
  const thrown = await stateOf(it.url);
  expect(thrown.broken).toBe(true);
  expect(thrown.problems[0]?.message).toContain('not today');

  const versions = await changesOf(it.url);
  expect(await versions.next()).toBe(1);
  const campaign = (id: string, segment: string) =>
    `'${id}': { segments: ['${segment}'], behavior: 'static', flow: function* () {} },`;
  it.save(
    'segflow.config.ts',
    CONFIG.replace(
      'transactions: {',
      `campaigns: { ${campaign('a', 'nobody')} ${campaign('b', 'nowhere')} },\n  transactions: {`,
    ),
  );
  expect(await versions.next()).toBe(2);
  const { broken, items, problems } = await stateOf(it.url);
  expect(broken).toBe(false);
  expect(items).toHaveLength(3);
  const paths = problems.map(({ path }) => path);
  for (const path of ['campaigns.a.segments[0]', 'campaigns.b.segments[0]']) expect(paths).toContain(path);
  await versions.stop();
});

test('answers only to its own names, never to another site, and lets no script in', async () => {
  await using it = await previewed();
  const { port } = new URL(it.url);
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`]) {
    expect((await fetch(`${it.url}/api/state`, { headers: { host } })).status).toBe(200);
  }
  for (const path of ['/', '/api/state', '/assets/main.ts']) {
    expect((await fetch(it.url + path, { headers: { host: 'evil.example' } })).status).toBe(403);
  }
  const crossSite = { 'sec-fetch-site': 'cross-site' };
  expect((await fetch(`${it.url}/api/state`, { headers: crossSite })).status).toBe(403);
  const form = await fetch(`${it.url}/api/render`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ kind: 'template', id: 'welcome-email' }),
  });
  expect(form.status).toBe(400);
  const page = await fetch(`${it.url}/template/welcome-email`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';");
  expect((await fetch(`${it.url}/assets/..%2fserver.ts`)).status).toBe(404);
  expect((await ask(it.url, { kind: 'template', id: 'none' })).status).toBe(404);
});

test.each(['a b', '[::1', 'a%b', '', 'a:99999', '<x>'])(
  'refuses a request whose Host header is %p in a line, without showing its source',
  async (host) => {
    await using it = await previewed();
    const answer = await answerTo(it.url, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.length).toBeLessThan(1_000);
  },
);

test.each(['__proto__', 'constructor', 'toString', 'styles', 'styles/', 'styles/none.css'])(
  'has no asset %s',
  async (name) => {
    await using it = await previewed();
    expect((await fetch(`${it.url}/assets/${name}`)).status).toBe(404);
  },
);

test('takes the next port when its own is taken, and says so', async () => {
  await using it = await previewed();
  const { port } = new URL(it.url);
  await using other = await previewed({}, Number(port));
  const took = Number(new URL(other.url).port);
  expect(took).toBeGreaterThan(Number(port));
  expect(other.lines).toContain(`Port ${port} is taken; using ${took}`);
  expect((await stateOf(other.url)).project.key).not.toBe((await stateOf(it.url)).project.key);
});

// --- internal ---

/** What the server answers to these bytes, until it closes the connection. */
function answerTo(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = '';
  Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (socket) => void socket.write(request),
      data: (_socket, bytes) => {
        answer += bytes.toString('latin1');
      },
      close: () => resolve(answer),
    },
  }).catch(reject);
  return promise;
}

async function stateOf(url: string): Promise<PreviewState> {
  return (await (await fetch(`${url}/api/state`)).json()) as PreviewState;
}

function ask(url: string, question: RenderQuestion): Promise<Response> {
  return post(url, '/api/render', question);
}

function post(url: string, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function rendered(url: string, question: RenderQuestion) {
  const answer = (await (await ask(url, question)).json()) as RenderAnswer;
  if (!answer.ok) throw new Error(answer.error.message);
  return answer;
}

/** The versions that the server tells, one after the other. */
async function changesOf(url: string) {
  const abort = new AbortController();
  const response = await fetch(`${url}/api/changes`, { signal: abort.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    async next(): Promise<number> {
      for (;;) {
        const match = /data: (\d+)\n\n/.exec(text);
        if (match !== null) {
          text = text.slice(match.index + match[0].length);
          return Number(match[1]);
        }
        const { value, done } = await reader.read();
        if (done) throw new Error('The stream ended');
        text += value;
      }
    },
    async stop(): Promise<void> {
      abort.abort();
      await reader.closed.catch(() => {});
    },
  };
}
