import type { Deployment, Deployments } from './deployments.ts';
import type { Host, RenderResult } from './ports/host.ts';
import type { DueMessage } from './ports/messages.ts';

/**
 * Renders messages. The newest wording goes out; a template that was removed since is rendered by the deployment that asked for it.
 */
export async function renderMail(
  messages: DueMessage[],
  { host, deployments, deployment }: { host: Host; deployments: Deployments; deployment: Deployment },
): Promise<RenderResult[]> {
  const { manifest, bundle } = deployment;
  const here = new Set([
    ...manifest.templates.map(templateKey),
    ...manifest.transactions.map(({ id }) => transactionKey(id)),
  ]);
  const results = new Map<string, RenderResult>();
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
    );
    group.forEach((message, i) => {
      results.set(message.id, answers[i]!);
    });
  }
  return messages.map(({ id }) => results.get(id)!);
}

// --- internal ------------------------------------------------------------------------------------

const templateKey = (id: string) => `template ${id}`;
const transactionKey = (id: string) => `transaction ${id}`;
const keyOf = ({ campaignId, template }: DueMessage) =>
  campaignId === null ? transactionKey(template) : templateKey(template);
