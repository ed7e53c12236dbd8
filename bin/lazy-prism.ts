import type { BunPlugin } from 'bun';

/**
 * React Email's CodeBlock includes a syntax highlighter that takes 0.2 s to set up 300 languages,
 * in every process that loads a component. With this plugin, the highlighter is set up when the
 * first CodeBlock is rendered. The output is the same.
 */
export const lazyPrism: BunPlugin = {
  name: 'lazy-prism',
  setup(build) {
    build.onLoad({ filter: /code-block[\\/](?:dist[\\/]index|prism)\.mjs$/ }, async ({ path }) => {
      const text = await Bun.file(path).text();
      const contents = text.replace(PRISM, lazily);
      if (contents === text) {
        throw new Error(
          `${path} is not written as it was: look at it again, or load the highlighter at once`,
        );
      }
      return { contents: contents.replace(IMPORT, ''), loader: 'js' };
    });
  },
};

// --- internal ---

const IMPORT = 'import * as PrismImport from "prismjs";';
const PRISM = /const Prism\$1 = PrismImport\.default \?\? PrismImport;(.*?)(?=\/\/#endregion)/s;

function lazily(_all: string, body: string): string {
  return `let highlighter;
function setUp() {
	const Prism$1 = require("prismjs");
	${body}
	return Prism$1;
}
const Prism$1 = new Proxy({}, { get: (_target, key) => Reflect.get(highlighter ??= setUp(), key) });
`;
}
