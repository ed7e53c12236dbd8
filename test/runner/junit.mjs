// Reads the JUnit XML that `bun test --reporter=junit` writes.

/** One test: its full name, file, `passed`, `failed` or `skipped`, and the failure's text; empty when Bun gave none. */
export function readTests(xml) {
  const tests = [];
  for (const match of xml.matchAll(/<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const attributes = readAttributes(match[1]);
    const body = match[3] ?? '';
    const failure = /<(failure|error)\b([^>]*?)(?:\/>|>([\s\S]*?)<\/\1>)/.exec(body);
    tests.push({
      name: attributes.classname ? `${attributes.classname} > ${attributes.name}` : attributes.name,
      file: attributes.file,
      status: failure ? 'failed' : /<skipped\b/.test(body) ? 'skipped' : 'passed',
      message: failure ? decode(failure[3] || readAttributes(failure[2]).message || '').trim() : undefined,
    });
  }
  return tests;
}

// --- internal ---

function readAttributes(text) {
  const attributes = {};
  for (const [, name, value] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) attributes[name] = decode(value);
  return attributes;
}

const ENTITIES = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function decode(text) {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name] ?? whole;
  });
}
