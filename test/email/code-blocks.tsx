import * as five from '@react-email/components';
import { render } from '@react-email/render';
import * as six from 'react-email';

/* Prints code blocks in several languages and themes as HTML, and whether the highlighter was there before they were rendered. */

const early = 'Prism' in globalThis;
const CODE: Record<string, string> = {
  javascript: 'const a = `x$`; // hello\nexport default async () => await a?.b;',
  typescript: "type A<T> = { [K in keyof T]: T[K] | null };\nenum B { C = 'c' }",
  html: '<p class="a" style="color: red">&amp; <b>bold</b></p>\n<script>let x = 1</script>',
  sql: "select `id`, count(*) from users where name = 'ada' -- all\ngroup by id",
  python: 'def f(x: int) -> str:\n    return f"{x!r}"  # comment',
  css: '@media print { a:hover { color: #fff !important } }',
  bash: 'for f in *.ts; do echo "$f" | wc -l; done',
  json: '{"a": [1, 2.5, null, true], "b": "c"}',
  rust: 'fn main<\'a>() -> Result<(), Box<dyn Error>> { println!("{}", 1u8); Ok(()) }',
  markdown: '# Title\n\n- *a* **b** `c`\n\n[d](https://example.com)',
  zig: 'const std = @import("std");\npub fn main() !void {}',
};

const html: Record<string, string> = {};
for (const [version, { CodeBlock, dracula, oneLight }] of Object.entries({ five, six })) {
  for (const [language, code] of Object.entries(CODE)) {
    const theme = language.length % 2 === 0 ? dracula : oneLight;
    html[`${version} ${language}`] = await render(
      <CodeBlock
        code={code}
        language={language as 'javascript'}
        theme={theme}
        lineNumbers
        fontFamily="monospace"
      />,
    );
  }
}
console.log(JSON.stringify({ early, html }));
