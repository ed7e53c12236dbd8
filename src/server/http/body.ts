import { SegflowError } from '../../core/errors.ts';

const NONE = new Uint8Array(0);

/**
 * Reads the bytes of a JSON body. Throws `unsupported_media_type` for another declared type, and
 * `payload_too_large` as soon as more than `maxBytes` are declared or received; the rest is not
 * read.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  checkType(request.headers);
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  if (!request.body) return NONE;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(brokenOff);
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      reader.cancel().catch(() => {});
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
  return chunks.length === 1 ? chunks[0]! : join(chunks, size);
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?;?$/i;

function checkType(headers: Headers): void {
  const type = headers.get('content-type');
  if (type === null || !JSON_TYPE.test(type.trim())) {
    throw new SegflowError(
      'unsupported_media_type',
      `the body must be JSON in UTF-8, but ${type === null ? 'no content type is given' : `its content type is "${type.slice(0, 60)}"`}`,
      { hint: 'Send the header Content-Type: application/json.' },
    );
  }
  const encoding = headers.get('content-encoding');
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new SegflowError('unsupported_media_type', `the body is encoded as "${encoding.slice(0, 60)}"`, {
      hint: 'Send the body uncompressed.',
    });
  }
}

function tooLarge(maxBytes: number): SegflowError {
  const limit = maxBytes / 1024 / 1024;
  return new SegflowError('payload_too_large', `the body is larger than ${limit} MiB`, {
    hint: 'Split the body: a batch may be sent in parts.',
  });
}

function brokenOff(cause: unknown): never {
  throw new SegflowError('invalid_input', 'the body broke off', { hint: 'Send the request again.', cause });
}

function join(chunks: Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
