import { expect, test } from 'bun:test';
import { toPlainText } from '@react-email/render';
import { plainText } from '../../src/email/plain-text.ts';

const keepCase = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
  selector,
  options: { uppercase: false },
}));

test('a line break takes the space after it along', () => {
  expect(plainText('<p>Thanks,<br/> The team</p>')).toBe('Thanks,\nThe team');
});

test.each([
  'Thanks,<br/> The team',
  'a <br/> b<br/><br/> c<br/>',
  'a<br/><b> b</b><i> <u> c </u></i> d',
  'a<span> b </span> c<!-- --> d<!-- -->',
  '<p>a</p> <p> b </p>\n\n<p></p><p>c</p>',
  '<div>a</div>b<div><div>c</div> d</div>',
  '<h1>Title<br/> and more</h1><h3>ß</h3>after',
  '<ul><li>a</li><li>b<ul><li>c</li><li> d<br/> e</li></ul></li></ul>after',
  '<ol start="9"><li>a<p>x</p></li><li>b</li></ol><ol type="a"><li>c</li></ol>',
  '<a href="https://x.example">x</a>, <a href="https://x.example">https://x.example</a>, <a>none</a>',
  '<a href="mailto:a@b.example">a@b.example</a> <a href="#top">up</a> <a href="?a=1&amp;b=2"><b>q</b></a>',
  '<a href="https://x.example"><img src="y.png" alt="picture"/></a><img alt="z"/>',
  '&nbsp;a&nbsp;&nbsp;b &amp; &lt;b&gt; &#128512; &euro; &shy;&zwnj;&#8203; &unknown;',
  '<table><tr><td>a</td><td> b </td></tr><tr><th>c</th></tr></table>after',
  '<table data-text-format="dataTable"><tr><th>Item</th><th>Price</th></tr><tr><td>a</td><td>1.00</td></tr></table>',
  '<table role="presentation"><tbody><tr><td><table><tr><td>in</td></tr></table></td></tr></table>',
  '<pre>a\n  b\t c</pre><code>d  e</code>',
  '<blockquote>q<br/> r<blockquote>s</blockquote></blockquote><hr/>t',
  '<p data-skip-in-text="true">hidden</p><div style="display:none">preview</div>shown',
  '<style>p{}</style><script>x</script><title>t</title>y<button>go</button><wbr/>z',
  `<p>${'long words '.repeat(40)}</p>`,
])('%s', (body) => {
  for (const html of [
    body,
    `<!DOCTYPE html><html><head><title>t</title></head><body>${body}</body></html>`,
  ]) {
    expect(plainText(html)).toBe(toPlainText(html, { selectors: keepCase }));
  }
});
