import type { OutgoingEmail } from '../engine/ports/mail.ts';
import { parseSender, toAsciiDomain } from './address.ts';
import { cleanSubject } from './subject.ts';

/**
 * Composes an RFC 5322 message with two alternatives, text and HTML (RFC 2046, 5.1.4).
 * `X-Segflow-Message` holds the message's id, `X-Segflow-Tag` its template or transaction.
 */
export async function mimeMessage(email: OutgoingEmail): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const from = mailbox(email.from);
  return new MailComposer({
    from,
    to: { name: '', address: email.to },
    ...(email.replyTo === undefined ? {} : { replyTo: mailbox(email.replyTo) }),
    subject: cleanSubject(email.subject),
    messageId: `<${email.id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    text: email.text.toWellFormed(),
    html: email.html.toWellFormed(),
    headers: { 'X-Segflow-Message': email.id, 'X-Segflow-Tag': cleanSubject(email.tag) },
    newline: 'win',
    disableUrlAccess: true,
    disableFileAccess: true,
  })
    .compile()
    .build();
}

function mailbox(text: string): { name: string; address: string } {
  const { name, address } = parseSender(text) ?? { name: '', address: cleanSubject(text) };
  return { name, address: toAsciiDomain(address) };
}
