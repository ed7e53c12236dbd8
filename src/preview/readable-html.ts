/**
 * Indents the HTML of an email with the library that rendered it; unchanged if the library cannot
 * parse it.
 */
export async function readableHtml(html: string): Promise<string> {
  const { pretty } = await import('@react-email/render');
  try {
    return await pretty(html);
  } catch {
    return html;
  }
}
