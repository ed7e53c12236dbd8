import type { MailProvider } from '../engine/ports/mail.ts';

/** "Sends" everything immediately; the store's ledger is the record. */
export function recordingProvider(): MailProvider {
  return {
    name: 'simulation',
    batchSize: 500,
    send: async (emails) => emails.map(({ id }) => ({ status: 'sent', providerId: id })),
    find: async () => new Map(),
  };
}
