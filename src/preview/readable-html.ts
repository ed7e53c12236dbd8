/** The HTML of an email, indented for reading by the library that rendered it; as it is when that cannot parse it. */
export async function readableHtml(html: string): Promise<string> {
  const { pretty } = await import('@react-email/render');
  try {
    return await pretty(html);
  } catch {
    return html;
  }
}
