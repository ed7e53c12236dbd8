/* Rows as the first release wrote them, and what the migrations since make of them. */

const run = (id: number, status: string, reason: string | null) =>
  `insert into runs (id, campaign_id, user_id, entry, status, deployment_id, entered_at, ended_at, position,
      journal, chunks, journal_hash, reason, slot)
    values (${id}, 'c', 'user${id}', 1, '${status}', 'd1', '2026-01-01 00:00:00.000',
      ${['completed', 'failed', 'cancelled'].includes(status) ? "'2026-01-02 00:00:00.000'" : 'null'}, 0,
      '', 0, '', ${reason === null ? 'null' : `'${reason.replaceAll("'", "''")}'`}, 0)`;

const mark = (userId: string, cause: string, seq: number) =>
  `insert into dirty_users (user_id, cause, slot, first_seq, seq) values ('${userId}', '${cause}', 0, ${seq}, ${seq})`;

const pause = (campaignId: string, reason: string) =>
  `insert into pauses (campaign_id, reason, paused_at) values ('${campaignId}', '${reason}', '2026-01-01 00:00:00.000')`;

/** SQL that every store takes. */
export const FIRST_RELEASE: string[] = [
  run(1, 'sleeping', null),
  run(2, 'completed', null),
  run(3, 'completed', 'bought elsewhere'),
  run(4, 'failed', 'Error: no'),
  run(5, 'blocked', 'step 1 was "email a" and is now "email b"'),
  run(6, 'cancelled', "the user left the campaign's segments"),
  run(7, 'cancelled', 'the user did "purchase: big" (exitWhen)'),
  run(8, 'cancelled', 'the user came into the segment "vip" (exitWhen)'),
  run(9, 'cancelled', 'the campaign was removed'),
  run(10, 'cancelled', 'ended by a deployment (--in-flight=restart)'),
  run(11, 'cancelled', 'cancelled by a deployment (--in-flight=cancel)'),
  run(12, 'cancelled', 'qualified when the campaign was deployed (--existing=skip)'),
  run(13, 'pending', 'retried'),
  run(14, 'pending', null),
  mark('ann', 'user', 1),
  mark('ann', 'event:login', 2),
  mark('ann', 'event:a:b', 3),
  mark('ann', 'segment:vip', 4),
  mark('bob', 'event:user', 5),
  pause('a', 'paused by hand'),
  pause('b', 'paused by itself: its flow fails again and again: no'),
  pause('*', 'the secret was lost: push, then resume'),
];

/** Queries, and the rows they give after the migrations. */
export const TODAY: [query: string, rows: Record<string, unknown>[]][] = [
  [
    'select id, ending, retries, reason is null as wordless from runs order by id',
    (
      [
        [1, null, 0, 1],
        [2, 'completed', 0, 1],
        [3, 'exited', 0, 0],
        [4, 'failed', 0, 0],
        [5, null, 0, 0],
        [6, 'left', 0, 0],
        [7, 'exit_event', 0, 0],
        [8, 'exit_segment', 0, 0],
        [9, 'removed', 0, 0],
        [10, 'restarted', 0, 0],
        [11, 'cancelled', 0, 0],
        [12, 'skipped', 0, 0],
        [13, null, 1, 1],
        [14, null, 0, 1],
      ] as const
    ).map(([id, ending, retries, wordless]) => ({ id, ending, retries, wordless })),
  ],
  [
    'select user_id, cause, subject, seq from dirty_users order by first_seq',
    (
      [
        ['ann', 'attributes', '', 1],
        ['ann', 'event', 'login', 2],
        ['ann', 'event', 'a:b', 3],
        ['ann', 'segment', 'vip', 4],
        ['bob', 'event', 'user', 5],
      ] as const
    ).map(([user_id, cause, subject, seq]) => ({ user_id, cause, subject, seq })),
  ],
  [
    'select campaign_id, cause from pauses order by campaign_id',
    [
      { campaign_id: '*', cause: 'secret_lost' },
      { campaign_id: 'a', cause: 'manual' },
      { campaign_id: 'b', cause: 'failing' },
    ],
  ],
];
