/**
 * Named places immediately before and after a durable transition. With SEGFLOW_CRASH_AT=NAME in the
 * environment, the process kills itself there (SIGKILL); with NAME@3, on the third pass. With
 * these, the tests show that nothing is lost and nothing is sent twice.
 */
export type CrashPoint =
  | 'ingest:before-commit'
  | 'ingest:after-commit'
  | 'segment:before-commit'
  | 'segment:after-commit'
  | 'runs:before-commit'
  | 'runs:after-commit'
  | 'pause:after-commit'
  | 'sweep:after-marks'
  | 'mail:after-unsettle'
  | 'mail:before-sending'
  | 'mail:after-sending'
  | 'mail:after-answer'
  | 'mail:after-commit'
  | 'deploy:before-commit'
  | 'deploy:after-commit';

/** The same for commands that move whole instances. */
export type MovePoint =
  | 'backup:before-rename'
  | 'restore:before-swap'
  | 'restore:during-swap'
  | 'transfer:source-marked'
  | 'transfer:after-page'
  | 'transfer:before-finish'
  | 'transfer:target-served';

const [crashAt, time = '1'] = (process.env.SEGFLOW_CRASH_AT ?? '').split('@');
let left = Number(time);

export function crashPoint(name: CrashPoint | MovePoint): void {
  if (crashAt === name && --left === 0) process.kill(process.pid, 'SIGKILL');
}
