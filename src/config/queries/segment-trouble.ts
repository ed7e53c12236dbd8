/** Why an evaluator does not give a segment: the problem, and what to do. */
export class SegmentTrouble extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, cause?: unknown) {
    super(message, { cause });
    this.hint = hint;
  }
}
