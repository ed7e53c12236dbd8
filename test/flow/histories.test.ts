import { expect, test } from 'bun:test';
import { parseJournal } from '../../src/flow/journal/journal.ts';
import { HISTORIC_FLOWS } from './historic-flows.ts';
import { readHistories, recordHistory, replayHistory } from './histories.ts';

/* Runs that earlier versions began must go on with every later one. */

const histories = readHistories();

test.each(histories.map(({ file, history }) => [file, history] as const))('%s', (_file, history) => {
  let before: unknown[] = [];
  history.activations.forEach((activation, index) => {
    const { output, log } = replayHistory(history, index + 1);
    expect(output).toEqual({
      outcome: 'advanced',
      appended: '',
      position: activation.position,
      pending: null,
      ...(history.flow === 'chance' && { variants: { color: 'red' } }),
    });
    // The replay ends where the flow last yielded; what it saw from there on, when it then ended, is the live part.
    const seen = log as unknown[];
    const recorded = activation.log as unknown[];
    expect(seen).toEqual(recorded.slice(0, seen.length));
    if (!activation.fresh) expect(seen.length).toBeGreaterThanOrEqual(before.length);
    before = recorded;
  });
});

test('there is a history of every flow and every kind of record', () => {
  const flows = new Set(histories.map(({ history }) => history.flow));
  expect([...flows].sort()).toEqual(Object.keys(HISTORIC_FLOWS).sort());
  const text = histories
    .map(({ history }) => history.activations.map(({ appended }) => appended).join(''))
    .join('');
  const letters = new Set(text.match(/^./gm));
  expect([...letters].sort()).toEqual(['!', '-', '<', '=', '>', '@', '^', '~']);
  const kinds = new Set(
    histories.flatMap(({ history }) =>
      history.activations.flatMap(({ appended }) =>
        [...appended.matchAll(/^>(\w+) /gm)].map(([, kind]) => kind),
      ),
    ),
  );
  expect([...kinds].sort()).toEqual(
    'daytime email emit event exit member patch query race run segment start until update wait'.split(' '),
  );
});

test('journals of histories can be read', () => {
  for (const { history } of histories) {
    let journal = '';
    for (const { fresh, appended, position } of history.activations) {
      journal = fresh ? appended : journal + appended;
      const { base, entries } = parseJournal(journal);
      expect(base + entries.length).toBe(position);
    }
  }
});

// When this fails the present version does something new: record its histories, under its own number.
test('this version writes what the newest histories say', async () => {
  for (const name of Object.keys(HISTORIC_FLOWS)) {
    const newest = histories.filter(({ history }) => history.flow === name).at(-1)!.history;
    expect(await recordHistory(name, newest.version)).toEqual(newest);
  }
});
