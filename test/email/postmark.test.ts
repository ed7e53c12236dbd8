import { describe, expect, test } from 'bun:test';
import { SegflowError } from '../../src/core/errors.ts';
import { createMailProvider } from '../../src/email/providers/create.ts';
import { createPostmarkProvider } from '../../src/email/providers/postmark.ts';
import { readAnswer } from '../../src/email/providers/postmark-answers.ts';
import type { OutgoingEmail } from '../../src/engine/ports/mail.ts';
import type { ProviderSettings } from '../../src/engine/ports/manifest.ts';
import { type Fault, type Postmark, startPostmark } from '../helpers/postmark.ts';

describe('send', () => {
  test('a batch is accepted with everything an email has', async () => {
    await using postmark = await startPostmark();
    const email = mail(1, {
      from: 'Segflow, Inc. <hello@segflow.io>',
      replyTo: 'help@segflow.io',
      tag: 'welcome-email',
    });
    const [first, second] = await providerFor(postmark).send([email, mail(2, { kind: 'transactional' })]);
    expect(postmark.accepted.map(({ message }) => message)).toEqual([
      {
        From: '"Segflow, Inc." <hello@segflow.io>',
        To: 'user1@example.com',
        ReplyTo: 'help@segflow.io',
        Subject: 'Hello 1 🎉',
        HtmlBody: '<p>Hällo</p>',
        TextBody: 'Hällo',
        Tag: 'welcome-email',
        Metadata: { 'segflow-message': 'msg_1', 'segflow-occasion': 'msg_1' },
        MessageStream: 'broadcast',
      },
      expect.objectContaining({
        MessageStream: 'outbound',
        Metadata: { 'segflow-message': 'msg_2', 'segflow-occasion': 'msg_2' },
      }),
    ]);
    expect(first).toEqual({ status: 'sent', providerId: postmark.accepted[0]!.MessageID });
    expect(second).toEqual({ status: 'sent', providerId: postmark.accepted[1]!.MessageID });
    expect(postmark.requests).toEqual(['POST /email/batch']);
  });

  test('each message of a batch has its own result, in order', async () => {
    await using postmark = await startPostmark();
    postmark.deactivate('user2@example.com');
    const emails = [
      mail(1),
      mail(2),
      mail(3, { to: 'no address' }),
      mail(4, { html: '', text: '' }),
      mail(5),
    ];
    const results = await providerFor(postmark).send(emails);
    expect(results.map(({ status }) => status)).toEqual(['sent', 'refused', 'refused', 'refused', 'sent']);
    expect(results[1]).toMatchObject({ reason: expect.stringContaining('user2@example.com') });
    expect(results[2]).toMatchObject({ reason: expect.stringMatching(/Illegal email address.*error 300/) });
  });

  test('a subject of several lines goes out as one', async () => {
    await using postmark = await startPostmark();
    await providerFor(postmark).send([mail(1, { subject: 'Hello\r\nBcc: everyone@example.com\u2028x' })]);
    expect(postmark.accepted[0]?.message.Subject).toBe('Hello Bcc: everyone@example.com x');
  });

  test('more than 500 emails and more than 50 MB go in several requests', async () => {
    await using postmark = await startPostmark();
    const provider = providerFor(postmark);
    const many = Array.from({ length: 1_001 }, (_, index) => mail(index));
    const results = await provider.send(many);
    expect(results.every(({ status }) => status === 'sent')).toBe(true);
    expect(postmark.requests).toHaveLength(3);
    expect(postmark.accepted.map(({ message }) => message.To)).toEqual(many.map(({ to }) => to));

    const heavy = Array.from({ length: 12 }, (_, index) => mail(index, { html: 'é'.repeat(2_400_000) }));
    expect((await provider.send(heavy)).every(({ status }) => status === 'sent')).toBe(true);
    expect(postmark.requests).toHaveLength(5);
  });

  test('an unknown sender waits for the config to be mended', async () => {
    await using postmark = await startPostmark({ senders: ['segflow.io'] });
    const results = await providerFor(postmark).send([mail(1), mail(2, { from: 'me@elsewhere.example' })]);
    expect(results).toEqual([
      { status: 'sent', providerId: expect.any(String) },
      { status: 'retry', reason: expect.stringContaining('sender signature'), retryAfterMs: 60_000 },
    ]);
  });

  test('an unknown stream and a bad sender address wait as well', async () => {
    await using postmark = await startPostmark({ streams: ['outbound'] });
    const results = await providerFor(postmark).send([
      mail(1),
      mail(2, { kind: 'transactional', from: '@' }),
    ]);
    expect(results).toEqual([
      { status: 'retry', reason: expect.stringContaining('broadcast'), retryAfterMs: 60_000 },
      { status: 'retry', reason: expect.stringContaining("'From'"), retryAfterMs: 60_000 },
    ]);
  });

  test('a wrong token: nothing is sent, everything waits', async () => {
    await using postmark = await startPostmark();
    const provider = createPostmarkProvider({ apiKey: 'wrong', url: postmark.url });
    expect(await provider.send([mail(1), mail(2)])).toEqual([
      { status: 'retry', reason: expect.stringContaining('API token'), retryAfterMs: 60_000 },
      { status: 'retry', reason: expect.stringContaining('API token'), retryAfterMs: 60_000 },
    ]);
  });

  const answers: [string, Fault, object][] = [
    [
      '429 with Retry-After',
      { status: 429, headers: { 'Retry-After': '7' } },
      { status: 'retry', retryAfterMs: 7_000 },
    ],
    ['429 without', { status: 429 }, { status: 'retry', reason: expect.stringContaining('rate limit') }],
    ['500', { status: 500 }, { status: 'unknown' }],
    ['500 after it accepted', { status: 500, accept: true }, { status: 'unknown' }],
    ['502', { status: 502 }, { status: 'unknown' }],
    ['503', { status: 503 }, { status: 'retry' }],
    ['404', { status: 404 }, { status: 'retry', reason: expect.stringContaining('URL') }],
    ['a redirect', { status: 302, headers: { Location: '/email' } }, { status: 'retry' }],
    [
      '422 for the account (405)',
      { status: 422, errorCode: 405 },
      { status: 'retry', reason: expect.stringContaining('credits') },
    ],
    ['422 for the account (412)', { status: 422, errorCode: 412 }, { status: 'retry', retryAfterMs: 60_000 }],
    ['422 with a code nobody knows', { status: 422, errorCode: 9_999 }, { status: 'retry' }],
    ['422 for its only message', { status: 422, errorCode: 402 }, { status: 'refused' }],
    [
      '413 for its only message',
      { status: 413 },
      { status: 'refused', reason: expect.stringContaining('too large') },
    ],
    ['a dropped connection', { end: 'drop' }, { status: 'unknown' }],
    ['a success that cannot be read', { end: 'garbage' }, { status: 'unknown' }],
    [
      'no answer in time',
      { end: 'hang' },
      { status: 'unknown', reason: expect.stringContaining('timed out') },
    ],
  ];
  test.each(answers)('%s', async (_name, fault, expected) => {
    await using postmark = await startPostmark();
    postmark.fault(fault);
    const provider = createPostmarkProvider({
      apiKey: postmark.token,
      url: postmark.url,
      // What is answered at once must be in time on a busy machine.
      timeoutMs: fault.end === 'hang' ? 2_000 : undefined,
    });
    expect(await provider.send([mail(1)])).toEqual([expect.objectContaining(expected)]);
    expect(postmark.requests).toEqual(['POST /email/batch']);
    expect(await provider.send([mail(2)])).toMatchObject([{ status: 'sent' }]);
  });

  test('a batch refused as a whole for one of its messages is split until that one stands alone', async () => {
    await using postmark = await startPostmark();
    postmark.fault({ status: 422, errorCode: 402, times: 3 });
    const results = await providerFor(postmark).send([mail(1), mail(2), mail(3), mail(4)]);
    expect(results.map(({ status }) => status)).toEqual(['refused', 'sent', 'sent', 'sent']);
    expect(postmark.duplicates()).toEqual([]);
  });

  const BAD = 'user17@example.com';
  const batch = (size: number) => Array.from({ length: size }, (_, index) => mail(index));

  test.each([
    ['HTTP 400', { status: 400 }],
    ['HTTP 403', { status: 403 }],
    ['HTTP 418', { status: 418 }],
    ['422 with a code nobody knows', { status: 422, errorCode: 9_999 }],
    ['422 for an address', { status: 422, errorCode: 300, message: "Error parsing 'To': 'x'" }],
    ['413', { status: 413 }],
  ] as [string, Fault][])('%s for a batch with one message: that one is refused', async (_name, fault) => {
    await using postmark = await startPostmark();
    postmark.poison(BAD, fault);
    const results = await providerFor(postmark).send(batch(30));
    expect(results.flatMap(({ status }, i) => (status === 'sent' ? [] : [`${i} ${status}`]))).toEqual([
      '17 refused',
    ]);
    expect(postmark.accepted).toHaveLength(29);
    expect(postmark.duplicates()).toEqual([]);
  });

  test('HTTP 400 for every batch is the fault of none: few requests are made, and all messages wait', async () => {
    await using postmark = await startPostmark();
    postmark.fault({ status: 400, times: 10_000 });
    const results = await providerFor(postmark).send(batch(300));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['retry']));
    expect(postmark.requests.length).toBeLessThan(50);
  });

  test.each([
    "Error parsing 'To': Illegal email mailbox 'from' in address 'from@badhost.zz'.",
    "Error parsing 'To': Illegal email address ''From' <a@b.example>'.",
    `Error parsing 'Cc': Illegal email address "'From'"`,
  ])('what is said of a recipient is not read as of the sender: %s', (message) => {
    expect(readAnswer({ errorCode: 300, message })).toMatchObject({ status: 'refused' });
  });

  test.each(["Invalid 'From' address: '@'.", "Error parsing 'From': Illegal email address '@'."])(
    'what is said of the sender waits for the config: %s',
    (message) => {
      expect(readAnswer({ errorCode: 300, message })).toMatchObject({ status: 'retry' });
    },
  );

  test('answers in another order are put in order, where each says whose it is', async () => {
    await using postmark = await startPostmark();
    postmark.fault({ end: 'reversed' });
    const results = await providerFor(postmark).send(batch(5));
    expect(results).toEqual(
      postmark.accepted.map(({ MessageID }) => ({ status: 'sent', providerId: MessageID })),
    );
  });

  test.each(['reversed', 'short', 'huge'] as const)(
    'an answer that is %s and cannot be understood is unknown',
    async (end) => {
      await using postmark = await startPostmark();
      postmark.deactivate(BAD);
      postmark.fault({ end });
      const results = await providerFor(postmark).send(batch(30));
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['unknown']));
    },
  );

  test('a request on a kept connection that is dropped is not made a second time', async () => {
    await using postmark = await startPostmark();
    const provider = providerFor(postmark);
    await provider.send([mail(1)]);
    postmark.fault({ end: 'drop', times: 5 });
    expect(await provider.send([mail(2)])).toMatchObject([{ status: 'unknown' }]);
    expect(postmark.requests).toHaveLength(2);
  });

  test('where nothing listens, and where there is no host, nothing was sent', async () => {
    const postmark = await startPostmark();
    const { url } = postmark;
    await postmark[Symbol.asyncDispose]();
    for (const gone of [url, 'http://nowhere.invalid']) {
      const provider = createPostmarkProvider({ apiKey: 'key', url: gone });
      expect(await provider.send([mail(1)])).toEqual([
        { status: 'retry', reason: expect.stringContaining('cannot be reached') },
      ]);
    }
  });
});

describe('find', () => {
  test('gives the ids of those that were sent, in both streams', async () => {
    await using postmark = await startPostmark();
    const provider = providerFor(postmark);
    await provider.send([mail(1), mail(2, { kind: 'transactional' }), mail(3)]);
    const found = await provider.find(['msg_1', 'msg_2', 'msg_none', 'msg_2']);
    expect(found).toEqual(
      new Map([
        ['msg_1', postmark.accepted[0]!.MessageID],
        ['msg_2', postmark.accepted[1]!.MessageID],
      ]),
    );
  });

  test('finds what was accepted before the connection was lost', async () => {
    await using postmark = await startPostmark();
    const provider = providerFor(postmark);
    postmark.fault({ end: 'drop' });
    expect(await provider.send([mail(1)])).toMatchObject([{ status: 'unknown' }]);
    expect((await provider.find(['msg_1'])).get('msg_1')).toBe(postmark.accepted[0]!.MessageID);
  });

  test('throws provider_error when it cannot tell', async () => {
    await using postmark = await startPostmark();
    for (const fault of [
      { status: 500 },
      { status: 429 },
      { status: 401, errorCode: 10 },
      // More than once, since a search may be made again by itself.
      { end: 'drop' as const, times: 100 },
    ]) {
      postmark.fault({ on: 'search', ...fault });
      const error = await providerFor(postmark)
        .find(['msg_1', 'msg_2'])
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SegflowError);
      expect(error).toMatchObject({ code: 'provider_error' });
    }
  });
});

describe('settings', () => {
  const settings: ProviderSettings = {
    config: { name: 'postmark', apiKey: 'test-token', url: 'http://127.0.0.1:1' },
    fromAddress: 'hello@segflow.io',
  };

  test('POSTMARK_API_URL has precedence, and may have a path', async () => {
    await using postmark = await startPostmark();
    const seen: string[] = [];
    await using proxy = behindPath('/postmark', postmark, seen);
    for (const [url, paths] of [
      [postmark.url, []],
      [`${proxy.url}postmark/`, ['/postmark/email/batch']],
    ] as const) {
      const provider = createMailProvider(settings, { dataDir: '.', environment: { POSTMARK_API_URL: url } });
      expect(provider.name).toBe('postmark');
      expect(await provider.send([mail(1)])).toMatchObject([{ status: 'sent' }]);
      expect(seen).toEqual([...paths]);
    }
  });

  test('a URL that is none and an empty key are refused', () => {
    const make = (config: object) => () =>
      createMailProvider(
        { ...settings, config: { ...settings.config, ...config } as ProviderSettings['config'] },
        { dataDir: '.', environment: {} },
      );
    expect(make({ url: 'postmark' })).toThrow('http(s)://');
    expect(make({ url: 'ftp://example.com' })).toThrow('http(s)://');
    expect(make({ apiKey: ' ' })).toThrow('API key');
  });
});

function providerFor(postmark: Postmark) {
  return createPostmarkProvider({ apiKey: postmark.token, url: postmark.url, messageStream: 'broadcast' });
}

function mail(number: number, changes: Partial<OutgoingEmail> = {}): OutgoingEmail {
  return {
    id: `msg_${number}`,
    kind: 'campaign',
    from: 'hello@segflow.io',
    to: `user${number}@example.com`,
    subject: `Hello ${number} 🎉`,
    html: '<p>Hällo</p>',
    text: 'Hällo',
    tag: 'welcome-email',
    ...changes,
  };
}

/** A server that passes what comes under `path` on to Postmark. */
function behindPath(path: string, postmark: Postmark, seen: string[]) {
  return Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname } = new URL(request.url);
      seen.push(pathname);
      if (!pathname.startsWith(path)) return new Response('', { status: 404 });
      const { method, headers } = request;
      return fetch(postmark.url + pathname.slice(path.length), {
        method,
        headers,
        body: await request.text(),
      });
    },
  });
}
