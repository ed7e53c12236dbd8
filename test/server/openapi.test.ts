import { describe, expect, test } from 'bun:test';
import { harness } from './harness.ts';

type Node = { [key: string]: unknown };

const METHODS = ['get', 'put', 'patch', 'post', 'delete'];
const ROUTES: Record<string, string[]> = {
  '/healthz': ['get'],
  '/readyz': ['get'],
  '/openapi.json': ['get'],
  '/v1/users/{id}': ['put', 'patch', 'get', 'delete'],
  '/v1/events': ['post'],
  '/v1/batch': ['post'],
  '/v1/messages': ['get'],
  '/v1/status': ['get'],
  '/v1/deployments': ['post', 'get'],
  '/v1/rollback': ['post'],
  '/v1/users/{id}/explain': ['get'],
  '/v1/pauses': ['get', 'post', 'delete'],
  '/v1/retries': ['post'],
};

async function load() {
  const response = await harness().app.request('/openapi.json');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  return (await response.json()) as Node & { paths: Record<string, Record<string, Node>> };
}

test('every route is described, and no other', async () => {
  const { openapi, info, paths } = await load();
  expect(openapi).toBe('3.1.0');
  expect(info).toMatchObject({ title: 'Segflow', version: '1.2.3' });
  const described = Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [path, Object.keys(item)]),
  );
  for (const [path, methods] of Object.entries(described)) {
    expect([path, [...methods].sort()]).toEqual([path, [...(ROUTES[path] ?? [])].sort()]);
  }
  expect(Object.keys(described).sort()).toEqual(Object.keys(ROUTES).sort());
});

test('every operation has an id of its own, a summary, a tag, its parameters and answers with schemas', async () => {
  const { paths } = await load();
  const ids = new Set<unknown>();
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const where = `${method} ${path}`;
      expect(METHODS).toContain(method);
      expect([where, typeof operation.summary, typeof operation.operationId]).toEqual([
        where,
        'string',
        'string',
      ]);
      expect(operation.tags).toBeArrayOfSize(1);
      ids.add(operation.operationId);
      const parameters = (operation.parameters ?? []) as Node[];
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect([where, inPath]).toEqual([where, path.includes('{id}') ? ['id'] : []]);
      for (const parameter of parameters) expect([where, typeof parameter.schema]).toEqual([where, 'object']);
      expect([where, operation.security]).toEqual([where, path.startsWith('/v1') ? [{ key: [] }] : []]);
      const responses = operation.responses as Record<string, Node>;
      expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true);
      for (const [status, response] of Object.entries(responses)) {
        expect([where, status, typeof response.description]).toEqual([where, status, 'string']);
        if (status === '204') continue;
        const content = response.content as { 'application/json': { schema: Node } };
        const { schema } = content['application/json'];
        expect([where, status, Object.keys(schema).length > 0]).toEqual([where, status, true]);
        if (status >= '400') expect(schema).toEqual({ $ref: '#/components/schemas/Error' });
      }
    }
  }
  const operations = Object.values(paths).reduce((count, item) => count + Object.keys(item).length, 0);
  expect(ids.size).toBe(operations);
});

test('every reference leads somewhere, and every component is referred to', async () => {
  const document = await load();
  const targets = new Set<string>();
  visit(document, (node) => {
    if (typeof node.$ref === 'string') targets.add(node.$ref);
  });
  expect(targets.size).toBeGreaterThan(15);
  for (const target of targets)
    expect([target, typeof resolve(document, target)]).toEqual([target, 'object']);
  const { schemas } = document.components as { schemas: Node };
  const unused = Object.keys(schemas).filter((name) => !targets.has(`#/components/schemas/${name}`));
  expect(unused).toEqual([]);
  expect(document.components).toMatchObject({ securitySchemes: { key: { type: 'http', scheme: 'bearer' } } });
});

test('every pattern is a regular expression that JSON Schema knows: no delimiters, no flags', async () => {
  const patterns: string[] = [];
  visit(await load(), (node) => {
    if (typeof node.pattern === 'string') patterns.push(node.pattern);
  });
  expect(patterns.length).toBeGreaterThan(3);
  for (const pattern of patterns) {
    expect(pattern).toEndWith('$');
    expect(new RegExp(pattern, 'u').test('a\tb')).toBe(false);
  }
});

describe('the answers are as described', () => {
  test('fields of each success', async () => {
    const document = await load();
    const { call } = harness();
    const checked = [
      [
        'put',
        '/v1/users/{id}',
        await call('PUT', '/v1/users/ann?wait=true', { body: { attributes: { a: 1 } } }),
      ],
      ['put', '/v1/users/{id}', await call('PUT', '/v1/users/ann', { body: {} })],
      ['patch', '/v1/users/{id}', await call('PATCH', '/v1/users/ann', { body: {} })],
      ['get', '/v1/users/{id}', await call('GET', '/v1/users/ann')],
      ['post', '/v1/events', await call('POST', '/v1/events', { body: { userId: 'ann', name: 'x' } })],
      [
        'post',
        '/v1/batch',
        await call('POST', '/v1/batch', { body: { operations: [{ type: 'delete', id: 'x' }] } }),
      ],
      ['get', '/v1/messages', await call('GET', '/v1/messages')],
      ['get', '/v1/status', await call('GET', '/v1/status')],
      ['post', '/v1/deployments', await call('POST', '/v1/deployments', { body: { code: 'x' } })],
      ['get', '/v1/deployments', await call('GET', '/v1/deployments')],
      [
        'post',
        '/v1/deployments',
        await call('POST', '/v1/deployments', { body: { code: 'x', dryRun: true } }),
      ],
      ['post', '/v1/rollback', await call('POST', '/v1/rollback', { body: {} })],
      ['get', '/v1/users/{id}/explain', await call('GET', '/v1/users/ann/explain')],
      ['post', '/v1/pauses', await call('POST', '/v1/pauses', { body: {} })],
      ['get', '/v1/pauses', await call('GET', '/v1/pauses')],
      ['post', '/v1/retries', await call('POST', '/v1/retries', { body: {} })],
      ['get', '/healthz', await call('GET', '/healthz')],
      ['get', '/readyz', await call('GET', '/readyz')],
      ['get', '/v1/users/{id}', await call('GET', '/v1/users/nobody')],
      ['post', '/v1/events', await call('POST', '/v1/events', { body: {} })],
    ] as const;
    for (const [method, path, response] of checked) {
      const { responses } = document.paths[path]![method] as { responses: Record<string, Node> };
      const described = responses[String(response.status)] as {
        content: { 'application/json': { schema: Node } };
      };
      const where = `${method} ${path} ${response.status}`;
      expect([where, typeof described]).toEqual([where, 'object']);
      const problems = mismatches(
        document,
        described.content['application/json'].schema,
        await response.json(),
        '',
      );
      expect([where, problems]).toEqual([where, []]);
    }
  });

  test('the check sees a wrong answer', async () => {
    const document = await load();
    const schema = { $ref: '#/components/schemas/UserAnswer' };
    expect(mismatches(document, schema, { user: { id: 1, attributes: [] } }, '')).toEqual([
      '.user.id: 1 is no string',
      '.user.attributes: [] is no object',
      '.created is missing',
    ]);
    expect(
      mismatches(document, { $ref: '#/components/schemas/Changes' }, { segments: null }, ''),
    ).toHaveLength(2);
  });
});

function visit(value: unknown, see: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) see(value as Node);
  for (const item of Object.values(value)) visit(item, see);
}

function resolve(document: Node, reference: string): unknown {
  let node: unknown = document;
  for (const part of reference.slice(2).split('/')) node = (node as Node | undefined)?.[part];
  return node;
}

/** What of `value` is not as the part of JSON Schema that the document uses says. */
function mismatches(document: Node, schema: Node, value: unknown, at: string): string[] {
  if (typeof schema.$ref === 'string')
    return mismatches(document, resolve(document, schema.$ref) as Node, value, at);
  const options = (schema.oneOf ?? schema.anyOf) as Node[] | undefined;
  if (options) {
    return options.some((option) => mismatches(document, option, value, at).length === 0)
      ? []
      : [`${at} fits no option`];
  }
  const types = schema.type === undefined ? undefined : ([schema.type].flat() as string[]);
  if (types && !types.some((type) => isOfType(type, value)))
    return [`${at}: ${JSON.stringify(value)} is no ${types.join(' or ')}`];
  if (Array.isArray(schema.enum) && !schema.enum.includes(value))
    return [`${at}: ${value} is not in the list`];
  if (Array.isArray(value)) {
    return value.flatMap((item, i) =>
      mismatches(document, (schema.items ?? {}) as Node, item, `${at}[${i}]`),
    );
  }
  if (typeof value !== 'object' || value === null) return [];
  const properties = (schema.properties ?? {}) as Record<string, Node>;
  const found = Object.entries(value).flatMap(([key, item]) => {
    const known = properties[key];
    if (known) return mismatches(document, known, item, `${at}.${key}`);
    return 'properties' in schema && !schema.additionalProperties ? [`${at}.${key} is not described`] : [];
  });
  const missing = ((schema.required ?? []) as string[]).filter((key) => !Object.hasOwn(value, key));
  return [...found, ...missing.map((key) => `${at}.${key} is missing`)];
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
