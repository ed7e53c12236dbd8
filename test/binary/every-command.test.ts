import { expect } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandKind } from '../../src/flow/commands/commands.ts';
import { runtime } from '../../src/flow/commands/runtime-commands.ts';
import { ROOT } from '../helpers/executable.ts';
import { test } from '../helpers/witnessed-test.ts';
import { everyCommand } from './every-command.ts';

/** Every kind of command, and whether a run's steps tell of it. */
const KINDS: Record<CommandKind, boolean> = {
  email: true,
  wait: true,
  until: true,
  daytime: true,
  event: true,
  segment: true,
  race: true,
  member: true,
  query: true,
  update: true,
  emit: true,
  start: true,
  run: true,
  patch: true,
  exit: true,
  again: false,
  inline: false,
};

everyCommand('the embedded store', {
  more: (undisturbed) => {
    test('the flows use every command there is', async () => {
      const config = readFileSync(
        join(ROOT, 'test', 'fixtures', 'every-command', 'segflow.config.tsx'),
        'utf8',
      );
      expect(Object.keys(runtime).filter((name) => !config.includes(`rt.${name}(`))).toEqual([]);
      const { people } = await undisturbed();
      const kinds = new Set(
        people.ada!.campaigns.flatMap(({ runs }) =>
          runs.flatMap(({ steps }) => steps.map(({ kind }) => kind)),
        ),
      );
      const told = Object.entries(KINDS).flatMap(([kind, isTold]) => (isTold ? [kind] : []));
      expect([...kinds].sort()).toEqual(told.sort());
    });

    test('left alone, the flows do what they say', async () => {
      const { people, messages, ledger } = await undisturbed();
      const props = Object.fromEntries(
        Object.entries(people.ada!.mails).map(([tag, mails]) => [tag, mails.map((mail) => mail.props)]),
      );
      const first = { variant: 'a', patched: true };
      expect(props).toEqual({
        waits: [
          { begins: true },
          { never: null, second: { n: 2 }, outside: false, third: { n: 3 }, late: 'late', inside: true },
          { status: 'sent' },
        ],
        acts: [
          {
            even: Array.from({ length: 10 }, (_, level) => level % 2 === 0),
            level: 9,
            orders: [{ name: 'order', attributes: { level: 9 } }],
            hook: { attempt: 2, answer: 'hello ada' },
            refused: 'the side effect "refused" failed: never',
          },
        ],
        order: [{ event: { name: 'order', attributes: { level: 9 } } }],
        chance: [{ first }, { first, second: {} }, { first, second: {} }],
        again: [{ round: 1 }, { round: 2 }, { round: 3 }],
        seed: Array.from({ length: 14 }, (_, i) => ({ i })),
        started: [{}],
        aged: [{}],
      });
      expect(people.ada!.mails.waits!.map(({ subject }) => subject)).toEqual(['Waits', 'Waited', 'Waits']);
      expect(people.ada!.mails.chance!.map(({ subject }) => subject)).toEqual([
        'Chance',
        'Chance',
        'Chance a',
      ]);
      expect({ messages, ledger }).toEqual({ messages: { sent: 54 }, ledger: { total: 54, balanced: true } });
      const ends = people.ada!.campaigns.map(({ campaign, runs }) => [
        campaign,
        ...runs.map(({ status, reason }) => `${status}: ${reason}`),
      ]);
      expect(Object.fromEntries(ends)).toMatchObject({
        waits: 'completed: null',
        acts: 'completed: it has done everything',
      });
    });
  },
});
