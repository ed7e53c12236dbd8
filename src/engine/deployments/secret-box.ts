import { SegflowError } from '../../core/errors.ts';

/** Encrypts small secrets at rest: AES-256-GCM, a random 96-bit nonce in front, base64, prefixed with the format's version. */
export interface SecretBox {
  seal(value: unknown): Promise<string>;
  /** @throws `invalid_input` when it was sealed with another key. */
  open(sealed: string): Promise<unknown>;
}

/** @param secret any text or bytes; the key is its SHA-256. */
export async function createSecretBox(secret: string | Uint8Array<ArrayBuffer>): Promise<SecretBox> {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  const key = await crypto.subtle.importKey('raw', digest, 'AES-GCM', false, ['encrypt', 'decrypt']);
  return {
    async seal(value) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const plain = new TextEncoder().encode(JSON.stringify(value));
      const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain));
      return `v1:${Buffer.concat([iv, sealed]).toString('base64')}`;
    },
    async open(sealed) {
      const bytes = Buffer.from(sealed.slice(3), 'base64');
      try {
        const plain = await crypto.subtle.decrypt(
          { name: 'AES-GCM', iv: bytes.subarray(0, 12) },
          key,
          bytes.subarray(12),
        );
        return JSON.parse(new TextDecoder().decode(plain));
      } catch (cause) {
        throw new SegflowError(
          'invalid_input',
          'the stored environment of the deployment cannot be decrypted',
          {
            hint: 'Set SEGFLOW_SECRET, or the file secret in the data folder, to what it was where the configuration was pushed.',
            cause,
          },
        );
      }
    },
  };
}
