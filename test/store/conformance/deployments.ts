import { describe, expect, test } from 'bun:test';
import type { DeploymentRow } from '../../../src/engine/ports/deployments.ts';
import type { Manifest } from '../../../src/engine/ports/manifest.ts';
import { factsOf } from '../../../src/sql/facts/facts.ts';
import { readQuery } from '../../../src/sql/read/read-query.ts';
import type { Opener } from '../conformance.ts';
import { newRun, START } from './rows.ts';

export function deployments(open: Opener): void {
  describe('deployments', () => {
    test('are kept by the hash of their code; the latest activated is the active one', async () => {
      await using opened = await open();
      const { store } = opened;
      expect(await store.activeDeployment()).toBeUndefined();
      const first = deployment('d1', manifest(['all']));
      const second = deployment('d2', manifest(['all']));
      await store.putDeployment(first);
      await store.putDeployment(second);
      expect(await store.activeDeployment()).toBeUndefined();
      await store.activate('d1', first.manifest, START);
      // Within the same millisecond, and then back.
      await store.activate('d2', second.manifest, START);
      expect((await store.activeDeployment())?.id).toBe('d2');
      await store.activate('d1', first.manifest, START);
      expect(await store.activeDeployment()).toMatchObject({
        id: 'd1',
        code: 'code of d1',
        manifest: first.manifest,
      });
      expect(await store.deployment('d2')).toMatchObject({ environment: 'secret' });
      expect(await store.deployment('d3')).toBeUndefined();
    });

    test('pushed again take the new environment and manifest, and keep the rest', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putDeployment(deployment('d1', manifest(['all'])));
      await store.activate('d1', manifest(['all']), START);
      const again = { ...deployment('d1', manifest(['pro'])), environment: 'other', createdAt: START + 9 };
      await store.putDeployment(again);
      expect(await store.deployment('d1')).toEqual({ ...again, createdAt: START, activatedAt: START });
      expect(await store.listDeployments(10)).toEqual([
        { id: 'd1', manifest: again.manifest, origin: {}, createdAt: START, activatedAt: START },
      ]);
    });

    test('activation replaces the segments and drops the members of those that are gone', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.activate('d1', manifest(['all', 'pro']), START);
      await store.setEvaluated('all', START + 1);
      await store.addMembers(['all', 'pro'].map((segmentId) => ({ segmentId, userId: 'ann', since: START })));
      await store.activate('d2', manifest(['all', 'new']), START + 2);
      expect((await store.counts()).segments).toEqual([
        { id: 'all', size: 1, evaluatedAt: START + 1 },
        { id: 'new', size: 0, evaluatedAt: null },
      ]);
      expect(await store.memberships(['ann'])).toEqual([{ userId: 'ann', segmentId: 'all' }]);
      await store.activate('d3', manifest([]), START + 3);
      expect(await store.memberships(['ann'])).toEqual([]);
      await store.activate('d1', manifest(['pro']), START + 4);
      expect((await store.counts()).segments).toEqual([{ id: 'pro', size: 0, evaluatedAt: null }]);
    });

    test('live runs of campaigns that are gone are found, ended ones not', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.insertRuns(
        ['kept', 'gone', 'lost'].flatMap((campaignId) =>
          ['ann', 'bob'].map((userId) => newRun(userId, { campaignId })),
        ),
      );
      const found = await store.liveRunsOutside(['kept'], 10);
      expect(found.map(({ campaignId, userId }) => `${campaignId} ${userId}`)).toEqual([
        'gone ann',
        'gone bob',
        'lost ann',
        'lost bob',
      ]);
      expect(await store.liveRunsOutside(['kept'], 3)).toHaveLength(3);
      await store.cancelRuns(
        found.map(({ id }) => id),
        { ending: 'removed', reason: 'the campaign was removed', at: START },
      );
      expect(await store.liveRunsOutside(['kept'], 10)).toEqual([]);
      expect(await store.liveRunsOutside([], 10)).toHaveLength(2);
    });
  });
}

function manifest(segmentIds: string[]): Manifest {
  return {
    templates: ['hello'],
    segments: segmentIds.map((id) => ({
      ...{ id, sql: 'select id from users', params: [], timeDependent: false, volatile: false, triggers: {} },
      facts: factsOf(readQuery('select id from users', [])),
    })),
    campaigns: [
      {
        id: 'welcome',
        segments: segmentIds,
        excludeSegments: [],
        behavior: 'static',
        reentry: 'once',
        exitWhen: null,
        goal: null,
        priority: 0,
        spreadMs: 0,
      },
    ],
    confirm: false,
    transactions: [],
  };
}

function deployment(id: string, content: Manifest): DeploymentRow {
  return {
    id,
    code: `code of ${id}`,
    environment: 'secret',
    manifest: content,
    origin: {},
    createdAt: START,
    activatedAt: null,
  };
}
