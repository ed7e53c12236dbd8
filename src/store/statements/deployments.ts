import { sql } from 'drizzle-orm';
import type { DeploymentRow, DeploymentStatements } from '../../engine/ports/deployments.ts';
import type { Manifest } from '../../engine/ports/manifest.ts';
import type { RunHead } from '../../engine/ports/runs.ts';
import { campaigns, deployments, runs, segmentMembers, segments } from '../../schema/index.ts';
import { bulkInsert } from '../driver/bulk.ts';
import type { Context } from '../driver/context.ts';
import type { Row } from '../driver/driver.ts';
import { names, prepared, rows, run } from '../driver/statement.ts';
import { instance } from '../driver/tables.ts';
import { fromTime, toTime } from '../driver/times.ts';
import { liveCampaigns } from './live-campaigns.ts';
import { runHeadColumns, runHeadOf } from './runs.ts';

export function deploymentStatements(on: Context): DeploymentStatements {
  return {
    async activeDeployment() {
      const [row] = await rows(on, activeDeployment, {});
      return row && deploymentOf(row);
    },

    async revision() {
      const [row] = await rows(on, revision, {});
      return String(row!.revision);
    },

    async deployment(id) {
      const [row] = await rows(on, deploymentById, { id });
      return row && deploymentOf(row);
    },

    async putDeployment(row) {
      await putDeployment.write(on, [
        [
          row.id,
          row.code,
          row.environment,
          JSON.stringify(row.manifest),
          JSON.stringify(row.origin),
          toTime(row.createdAt),
          toTime(row.activatedAt),
        ],
      ]);
    },

    async activate(id, manifest, at) {
      const [latest] = await rows(on, latestActivation, {});
      const previous = latest ? fromTime(String(latest.activated_at)) : 0;
      // The latest deployment is the active one, so two within one millisecond must not tie.
      const activatedAt = toTime(Math.max(at, previous + 1))!;
      await run(on, setActivated, { id, at: activatedAt });
      await run(on, setRevision, { revision: `${id} ${activatedAt}` });

      for (const row of await rows(on, segmentsOutside, { ids: manifest.segments.map(({ id }) => id) })) {
        const segmentId = String(row.id);
        on.tally.add(`segment:${segmentId}`, -(await run(on, dropMembers, { segmentId })).changes);
        await run(on, dropSegment, { segmentId });
      }
      await putSegments.write(
        on,
        manifest.segments.map((segment) => [segment.id, segment.sql, segment.timeDependent ? 1 : 0, id]),
      );
      await run(on, dropCampaigns, {});
      await putCampaigns.write(
        on,
        manifest.campaigns.map((campaign) => [campaign.id, campaign.behavior, id]),
      );
    },

    async liveRunsOutside(campaignIds, limit) {
      const found: RunHead[] = [];
      for (const campaignId of await liveCampaigns(on)) {
        if (found.length === limit) break;
        if (campaignIds.includes(campaignId)) continue;
        const live = await rows(on, liveRunsOf, { campaignId, limit: limit - found.length });
        found.push(...live.map(runHeadOf));
      }
      return found;
    },

    async listDeployments(limit) {
      return (await rows(on, listDeployments, { limit })).map((row) => ({
        id: String(row.id),
        manifest: JSON.parse(String(row.manifest)) as Manifest,
        origin: originOf(row),
        ...timesOf(row),
      }));
    },
  };
}

const set = sql.identifier;
type None = Record<string, never>;
const everything = sql`${deployments.id}, ${deployments.code}, ${deployments.environment}, ${deployments.manifest},
  ${deployments.origin}, ${deployments.createdAt}, ${deployments.activatedAt}`;

const activeDeployment = prepared<None>(
  () => sql`select ${everything} from ${deployments} where ${deployments.activatedAt} is not null
    order by ${deployments.activatedAt} desc limit 1`,
);

const revision = prepared<None>(
  (_param, dialect) => sql`select ${instance.revision} from ${instance} ${dialect.share}`,
);

const setRevision = prepared<{ revision: string }>(
  (param) => sql`update ${instance} set ${names([instance.revision])} = ${param('revision')}`,
);

const deploymentById = prepared<{ id: string }>(
  (param) => sql`select ${everything} from ${deployments} where ${deployments.id} = ${param('id')}`,
);

const listDeployments = prepared<{ limit: number }>(
  (
    param,
  ) => sql`select ${deployments.id}, ${deployments.manifest}, ${deployments.origin}, ${deployments.createdAt}, ${deployments.activatedAt}
    from ${deployments} order by ${deployments.createdAt} desc, ${deployments.id} limit ${param('limit')}`,
);

const putDeployment = bulkInsert({
  into: deployments,
  columns: [
    deployments.id,
    deployments.code,
    deployments.environment,
    deployments.manifest,
    deployments.origin,
    deployments.createdAt,
    deployments.activatedAt,
  ],
  ending: (dialect) =>
    dialect.orUpdate(
      [deployments.id],
      [deployments.code, deployments.environment, deployments.manifest, deployments.origin].map((column) => [
        column,
        dialect.proposed(column),
      ]),
    ),
});

const latestActivation = prepared<None>(
  (_param, dialect) => sql`select ${deployments.activatedAt} from ${deployments}
    where ${deployments.activatedAt} is not null order by ${deployments.activatedAt} desc limit 1 ${dialect.lock}`,
);

const setActivated = prepared<{ id: string; at: string }>(
  (param) => sql`update ${deployments} set ${set('activated_at')} = ${param('at')}
    where ${deployments.id} = ${param('id')}`,
);

const segmentsOutside = prepared<{ ids: string[] }>(
  (param, dialect) =>
    sql`select ${segments.id} from ${segments} where not ${dialect.inList(segments.id, param('ids'))}`,
);

const dropMembers = prepared<{ segmentId: string }>(
  (param) => sql`delete from ${segmentMembers} where ${segmentMembers.segmentId} = ${param('segmentId')}`,
);

const dropSegment = prepared<{ segmentId: string }>(
  (param) => sql`delete from ${segments} where ${segments.id} = ${param('segmentId')}`,
);

const putSegments = bulkInsert({
  into: segments,
  columns: [segments.id, segments.query, segments.timeDependent, segments.deploymentId],
  ending: (dialect) =>
    dialect.orUpdate(
      [segments.id],
      [segments.query, segments.timeDependent, segments.deploymentId].map((column) => [
        column,
        dialect.proposed(column),
      ]),
    ),
});

const dropCampaigns = prepared<None>(() => sql`delete from ${campaigns}`);

const putCampaigns = bulkInsert({
  into: campaigns,
  columns: [campaigns.id, campaigns.behavior, campaigns.deploymentId],
});

const liveRunsOf = prepared<{ campaignId: string; limit: number }>(
  (
    param,
  ) => sql`select ${runHeadColumns} from ${runs} where ${runs.endedAt} is null and ${runs.campaignId} = ${param('campaignId')}
    order by ${runs.id} limit ${param('limit')}`,
);

function deploymentOf(row: Row): DeploymentRow {
  return {
    id: String(row.id),
    code: String(row.code),
    environment: String(row.environment),
    manifest: JSON.parse(String(row.manifest)) as Manifest,
    origin: originOf(row),
    ...timesOf(row),
  };
}

function originOf(row: Row): Record<string, string> {
  return JSON.parse(String(row.origin)) as Record<string, string>;
}

function timesOf(row: Row): { createdAt: number; activatedAt: number | null } {
  return {
    createdAt: fromTime(String(row.created_at)),
    activatedAt: row.activated_at === null ? null : fromTime(String(row.activated_at)),
  };
}
