import { expect, test } from 'bun:test';
import { createSecretBox } from '../../src/engine/deployments/secret-box.ts';

test('what is sealed opens with the same secret only, and shows nothing', async () => {
  const box = await createSecretBox('correct horse');
  const sealed = await box.seal({ POSTMARK_API_KEY: 'very-secret-token' });
  expect(sealed).not.toContain('secret-token');
  expect(await box.open(sealed)).toEqual({ POSTMARK_API_KEY: 'very-secret-token' });
  expect(await box.seal({ a: '1' })).not.toBe(await box.seal({ a: '1' }));
  const other = await createSecretBox('battery staple');
  expect(other.open(sealed)).rejects.toThrow('cannot be decrypted');
});
