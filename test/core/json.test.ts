import { expect, test } from 'bun:test';
import { canonicalJson, type JsonObject, mergePatch } from '../../src/core/json.ts';

// RFC 7396, appendix A, the rows whose target and patch are objects.
test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
] as [JsonObject, JsonObject, JsonObject][])('%j patched with %j is %j', (target, patch, result) => {
  expect(mergePatch(target, patch)).toEqual(result);
});

test('a patch changes neither its target nor itself', () => {
  const target = { a: { b: 1 } };
  const patch = { a: { c: 2 } };
  mergePatch(target, patch);
  expect(target).toEqual({ a: { b: 1 } });
  expect(patch).toEqual({ a: { c: 2 } });
});

test('a key named __proto__ is data', () => {
  const patch = JSON.parse('{"__proto__":{"admin":true},"a":1}') as JsonObject;
  const merged = mergePatch({}, patch);
  expect((merged as { admin?: boolean }).admin).toBeUndefined();
  expect(JSON.stringify(merged)).toBe('{"__proto__":{"admin":true},"a":1}');
});

test('canonical JSON does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  expect(canonicalJson({ a: null, b: [{ c: 2, d: 1 }] })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
});
