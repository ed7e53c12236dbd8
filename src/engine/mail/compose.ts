import { forLog } from '../../core/failure-text.ts';
import type { Deployment, Deployments } from '../deployments/deployments.ts';
import type { Host } from '../ports/host.ts';
import type { Log } from '../ports/log.ts';
import type { OutgoingEmail } from '../ports/mail.ts';
import type { DueMessage } from '../ports/messages.ts';
import { isLive } from '../rules/qualification.ts';
import type { MailChange } from './ledger.ts';
import { renderMail } from './render.ts';

/** A message, with the coming attempt counted, and the email to send for it. */
export interface Outgoing {
  message: DueMessage;
  email: OutgoingEmail;
}

export interface ComposedMail {
  outgoing: Outgoing[];
  /** Messages that are not sent: skipped because they may no longer be sent, or failed. */
  dropped: MailChange[];
  /** Messages whose template hung or ended its process; nothing is known about them. */
  suspects: DueMessage[];
  /** For each rendered message, whether rendering failed. */
  outcomes: { campaignId: string | null; failure: string | null }[];
}

/** Finds the queued messages that may still be sent, and renders them. */
export async function composeMail(
  queued: DueMessage[],
  about: {
    host: Host;
    deployments: Deployments;
    deployment: Deployment;
    suspected: boolean;
    parseAddress: (value: unknown) => string | undefined;
    log: Log;
  },
): Promise<ComposedMail> {
  const { deployments, deployment, log } = about;
  const dropped: MailChange[] = [];
  const wanted: (DueMessage & { to: string })[] = [];
  for (const message of queued) {
    const to = about.parseAddress(message.attributes?.email);
    const skip = skipReason(message);
    if (skip) dropped.push({ message, update: { status: 'skipped', reason: skip } });
    else if (to === undefined) dropped.push({ message, update: { status: 'failed', reason: NO_ADDRESS } });
    else wanted.push({ ...message, to });
  }
  const rendered = await renderMail(wanted, about);
  const { fromAddress, replyTo } = await deployments.provider(deployment);
  const composed: ComposedMail = { outgoing: [], dropped, suspects: [], outcomes: [] };
  wanted.forEach((message, i) => {
    const result = rendered[i];
    if (!result) {
      composed.suspects.push(message);
      return;
    }
    const failure = result.ok ? null : result.error.stack || result.error.message;
    composed.outcomes.push({ campaignId: message.campaignId, failure });
    if (!result.ok) {
      const reason = `rendering failed: ${failure}`;
      dropped.push({ message, update: { status: 'failed', reason, toAddress: message.to } });
      log.warn(
        `message ${message.id} (${message.template}): rendering failed: ${forLog(failure)}. What it said: segflow messages ${message.userId}`,
      );
      return;
    }
    const email: OutgoingEmail = {
      id: message.id,
      kind: message.campaignId === null ? 'transactional' : 'campaign',
      from: fromAddress,
      to: message.to,
      ...(replyTo === undefined ? {} : { replyTo }),
      subject: result.subject,
      html: result.html,
      text: result.text,
      tag: message.template,
    };
    composed.outgoing.push({ message: { ...message, attempts: message.attempts + 1 }, email });
  });
  return composed;
}

// --- internal ------------------------------------------------------------------------------------

const NO_ADDRESS = 'the user has no valid address in the attribute "email"';

function skipReason(message: DueMessage): string | undefined {
  if (message.attributes === undefined) return 'the user was deleted';
  if (message.runId !== null && (message.runStatus === null || !isLive({ status: message.runStatus }))) {
    return 'the run had ended before it left';
  }
  return undefined;
}
