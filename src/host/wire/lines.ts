/** The longest line that is passed on unsplit. */
const MAX_LINE = 8192;

/** Calls `line` with each line of a stream of text, until it ends. */
export async function eachLine(
  stream: ReadableStream<Uint8Array>,
  line: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const text of lines) line(shorten(text));
    if (rest.length > MAX_LINE) {
      line(shorten(rest));
      rest = '';
    }
  }
  if (rest !== '') line(shorten(rest));
}

function shorten(text: string): string {
  const bare = text.endsWith('\r') ? text.slice(0, -1) : text;
  return bare.length > MAX_LINE ? `${bare.slice(0, MAX_LINE)}…` : bare;
}
