import { DrivenRun } from '../test/flow/drive.ts';
import { type Bench, type Measurement, median, timed } from './measure.ts';

const HOUR = 3_600_000;

/**
 * The cost of continuing a run, by the length of its history: parsing the journal and replaying the
 * flow up to the next command.
 */
const bench: Bench = async ({ quick }) => {
  const measured: Measurement[] = [];
  for (const steps of [10, 100, 1_000, 10_000, 100_000]) {
    const run = runWith(steps);
    const rounds = Math.max(3, Math.round((quick ? 50_000 : 300_000) / steps));
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      times.push(
        await timed(async () => {
          const output = run.activate(null);
          if (output instanceof Promise || output.outcome !== 'advanced')
            throw new Error('the flow did not follow');
        }),
      );
    }
    const time = median(times);
    measured.push({
      name: `replay of ${steps.toLocaleString('en')} entries`,
      value: time,
      unit: 'ms',
      note: `${((time * 1e6) / steps).toFixed(0)} ns an entry, ${run.journal.length.toLocaleString('en')} characters`,
    });
  }
  return measured;
};

export default bench;

// --- internal ---

function* flow(_context: never, rt: { sendEmail(id: string): unknown; wait(time: object): unknown }) {
  while (true) {
    yield rt.wait({ hours: 1 });
    yield rt.sendEmail('note');
  }
}

/**
 * A run at a wait, with this many entries before the wait. The flow goes through its loop once, and
 * that part of the journal is repeated.
 */
function runWith(entries: number): DrivenRun {
  const run = new DrivenRun(flow);
  const sent = { status: 'sent', messageId: 'msg_0123456789abcdef0123456789abcdef' };
  run.step();
  const head = run.journal.length;
  run.at += HOUR;
  run.step(null);
  run.at += 1_000;
  run.step(sent);
  const cycle = run.journal.slice(head);
  run.journal = run.journal.slice(0, head) + cycle.repeat(Math.floor(entries / 2));
  run.at += HOUR;
  return run;
}
