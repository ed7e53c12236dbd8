/*
 * What Postmark accepts of an email, as its documentation says: https://postmarkapp.com/developer/api/email-api and
 * https://postmarkapp.com/developer/api/overview#error-codes.
 */

export interface PostmarkMessage {
  From?: string;
  To?: string;
  Cc?: string;
  Bcc?: string;
  ReplyTo?: string;
  Subject?: string;
  HtmlBody?: string;
  TextBody?: string;
  Tag?: string;
  Metadata?: Record<string, string>;
  MessageStream?: string;
  Headers?: { Name: string; Value: string }[];
}

export interface AccountRules {
  /** Senders with a confirmed signature: addresses or domains. Everyone when undefined. */
  senders: string[] | undefined;
  streams: string[];
  /** Addresses that bounced or complained. */
  inactive: Set<string>;
}

export interface PostmarkError {
  ErrorCode: number;
  Message: string;
}

const BODY_BYTES = 5 * 1024 * 1024;
const ADDRESS = /^[a-z0-9.!#$%&'`*+\-/=^_{}|~]+@(?:\.?[a-z0-9-])+\.[a-z0-9-]+$/i;

/** Why Postmark would not take the message, or undefined. */
export function refusal(message: PostmarkMessage, account: AccountRules): PostmarkError | undefined {
  if (typeof message !== 'object' || message === null)
    return { ErrorCode: 403, Message: 'Incompatible JSON.' };
  const from = mailboxesOf(message.From);
  if (from.length !== 1) return invalid(`Invalid 'From' address: '${message.From ?? ''}'.`);
  const sender = from[0]!.toLowerCase();
  if (account.senders && !account.senders.some((it) => sender === it || sender.endsWith(`@${it}`))) {
    const Message = `The 'From' address you supplied (${message.From}) is not a Sender Signature on your account. Please add and confirm this address in order to be able to use it in the 'From' field of your messages.`;
    return { ErrorCode: 400, Message };
  }
  for (const field of ['To', 'Cc', 'Bcc', 'ReplyTo'] as const) {
    const bad = (message[field] ?? '')
      .split(',')
      .find((part) => part.trim() && mailboxesOf(part).length !== 1);
    if (bad !== undefined) return invalid(`Error parsing '${field}': Illegal email address '${bad.trim()}'.`);
  }
  const recipients = recipientsOf(message);
  if (recipients.length === 0) return invalid('Zero recipients specified');
  if (recipients.length > 50) return invalid('A maximum of 50 recipients is allowed per message.');
  if (!message.HtmlBody && !message.TextBody) {
    return invalid('Provide either email TextBody or HtmlBody or both.');
  }
  for (const field of ['HtmlBody', 'TextBody'] as const) {
    if (Buffer.byteLength(message[field] ?? '') > BODY_BYTES) return invalid(`'${field}' is too long.`);
  }
  if (/[\r\n]/.test(message.Subject ?? '')) return invalid("Invalid 'Subject': it contains line breaks.");
  if ((message.Subject ?? '').length > 2000) return invalid("The 'Subject' is limited to 2000 characters.");
  if ((message.Tag ?? '').length > 1000) return invalid("The 'Tag' is limited to 1000 characters.");
  const metadata = Object.entries(message.Metadata ?? {});
  const tooLong = metadata.find(([name, value]) => name.length > 20 || String(value).length > 80);
  if (tooLong) {
    return invalid(
      `Invalid metadata content. Field names are limited to 20 characters and field values are limited to 80 characters in length. The '${tooLong[0]}' field in your metadata content exceeds these limits.`,
    );
  }
  if (metadata.length > 10) return invalid('Invalid metadata content. A maximum of 10 fields is allowed.');
  if (!account.streams.includes(message.MessageStream ?? 'outbound')) {
    return {
      ErrorCode: 1235,
      Message: `The stream provided: '${message.MessageStream}' does not exist on this server.`,
    };
  }
  const inactive = recipients.filter((address) => account.inactive.has(address));
  if (inactive.length > 0) {
    const Message = `You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: ${inactive.join(', ')}. Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression.`;
    return { ErrorCode: 406, Message };
  }
  return undefined;
}

/** Every address a message goes to, in lower case. */
export function recipientsOf(message: PostmarkMessage): string[] {
  return [message.To, message.Cc, message.Bcc]
    .flatMap((field) => (field ?? '').split(','))
    .flatMap((part) => mailboxesOf(part))
    .map((address) => address.toLowerCase());
}

/** The address of `address` or `Name <address>`, or none. */
function mailboxesOf(text: string | undefined): string[] {
  const trimmed = (text ?? '').trim();
  const named = /^(?:"(?:[^"\\]|\\.)*"|[^<>",@]*)\s*<([^<>]+)>$/.exec(trimmed);
  const address = named?.[1] ?? trimmed;
  return ADDRESS.test(address) ? [address] : [];
}

function invalid(Message: string): PostmarkError {
  return { ErrorCode: 300, Message };
}
