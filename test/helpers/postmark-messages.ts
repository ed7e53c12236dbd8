import { type PostmarkMessage, recipientsOf } from './postmark-rules.ts';

/* Reading a request's messages, and the Messages API: https://postmarkapp.com/developer/api/messages-api. */

export interface Accepted {
  MessageID: string;
  /** Epoch milliseconds. */
  acceptedAt: number;
  message: PostmarkMessage;
}

export interface Reply {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** The messages of a request's body, or the answer to a body that has none. */
export function parseMessages(body: Buffer, isBatch: boolean): PostmarkMessage[] | Reply {
  if (body.byteLength > (isBatch ? 50 : 10) * 1024 * 1024) {
    return { status: 413, body: { ErrorCode: 300, Message: 'The payload is too large.' } };
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    return unprocessable(402, 'Received invalid JSON input.');
  }
  if (Array.isArray(parsed) !== isBatch || typeof parsed !== 'object' || parsed === null) {
    return unprocessable(403, 'The JSON is valid, but not what was expected.');
  }
  const messages = (isBatch ? parsed : [parsed]) as PostmarkMessage[];
  if (messages.length > 500) return unprocessable(410, 'A batch is limited to 500 messages.');
  return messages;
}

/** GET /messages/outbound over what is findable at `findableUntil`; like Postmark, in the stream asked for or `outbound`. */
export function searchOutbound(accepted: Accepted[], query: URLSearchParams, findableUntil: number): Reply {
  const filter = new Map([...query].map(([name, value]) => [name.toLowerCase(), value]));
  const count = Number(filter.get('count') ?? Number.NaN);
  const offset = Number(filter.get('offset') ?? Number.NaN);
  const metadata = [...filter].filter(([name]) => name.startsWith('metadata_'));
  if (!(count >= 0 && count <= 500 && offset >= 0 && count + offset <= 10_000)) {
    return unprocessable(700, "'count' and 'offset' are required, 'count' is at most 500.");
  }
  if (metadata.length > 1) return unprocessable(700, 'Only one metadata field can be searched by.');
  const [field, value] = metadata[0] ?? [];
  const isWanted = ({ acceptedAt, message }: Accepted) => {
    const own = Object.entries(message.Metadata ?? {}).find(
      ([name]) => `metadata_${name.toLowerCase()}` === field,
    );
    return (
      acceptedAt <= findableUntil &&
      (message.MessageStream ?? 'outbound') === (filter.get('messagestream') ?? 'outbound') &&
      (field === undefined || own?.[1] === value) &&
      (!filter.has('tag') || message.Tag === filter.get('tag')) &&
      (!filter.has('recipient') || recipientsOf(message).includes(filter.get('recipient')!.toLowerCase()))
    );
  };
  const found = accepted.filter(isWanted).reverse();
  const Messages = found.slice(offset, offset + count).map(summary);
  return { status: 200, body: { TotalCount: found.length, Messages } };
}

/** GET /messages/outbound/ID/details */
export function outboundDetails(accepted: Accepted[], id: string): Reply {
  const found = accepted.find(({ MessageID }) => MessageID === id);
  if (!found) return unprocessable(701, "This message doesn't exist.");
  const { HtmlBody, TextBody } = found.message;
  return { status: 200, body: { ...summary(found), HtmlBody, TextBody, MessageEvents: [] } };
}

function summary({ MessageID, acceptedAt, message }: Accepted): object {
  return {
    MessageID,
    Tag: message.Tag,
    Recipients: recipientsOf(message),
    ReceivedAt: new Date(acceptedAt).toISOString(),
    From: message.From,
    Subject: message.Subject,
    Status: 'Sent',
    Metadata: message.Metadata ?? {},
    MessageStream: message.MessageStream ?? 'outbound',
  };
}

function unprocessable(ErrorCode: number, Message: string): Reply {
  return { status: 422, body: { ErrorCode, Message } };
}
