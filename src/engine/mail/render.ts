import type { Deployment, Deployments } from '../deployments/deployments.ts';
import type { Host, RenderRequest, RenderResult } from '../ports/host.ts';
import type { DueMessage } from '../ports/messages.ts';

/**
 * Renders messages with the newest templates; a template that was removed is rendered by the
 * deployment that asked for it. A template that hangs gives undefined at once; with `suspected` it
 * gets its full time, and fails.
 */
export async function renderMail(
  messages: DueMessage[],
  about: { host: Host; deployments: Deployments; deployment: Deployment; suspected: boolean },
): Promise<(RenderResult | undefined)[]> {
  const { host, deployments, deployment, suspected } = about;
  const { manifest, bundle } = deployment;
  const here = new Set([
    ...manifest.templates.map(templateKey),
    ...manifest.transactions.map(({ id }) => transactionKey(id)),
  ]);
  const results = new Map<string, RenderResult>();
  const suspects = new Set<string>();
  const manner = suspected
    ? { suspected }
    : { onSuspect: ({ messageId }: RenderRequest) => suspects.add(messageId) };
  const groups = Map.groupBy(messages, (message) => (here.has(keyOf(message)) ? null : message.deploymentId));
  for (const [deploymentId, group] of groups) {
    const code = deploymentId === null ? bundle : await deployments.bundle(deploymentId);
    const answers = await host.render(
      code,
      group.map((message) => ({
        messageId: message.id,
        kind: message.campaignId === null ? 'transaction' : 'template',
        id: message.template,
        attributes: message.attributes ?? {},
        event: message.event,
        ...(message.options ? { options: message.options } : {}),
      })),
      manner,
    );
    group.forEach((message, i) => {
      results.set(message.id, answers[i]!);
    });
  }
  return messages.map(({ id }) => (suspects.has(id) ? undefined : results.get(id)!));
}

// --- internal ------------------------------------------------------------------------------------

const templateKey = (id: string) => `template ${id}`;
const transactionKey = (id: string) => `transaction ${id}`;
const keyOf = ({ campaignId, template }: DueMessage) =>
  campaignId === null ? transactionKey(template) : templateKey(template);
