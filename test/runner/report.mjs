// What the suite prints, and the one line it ends with.

/** Collects results as processes end and prints one line for each. */
export class Report {
  tests = [];
  /** What failed outside any test: a check, a runner that crashed, a file without tests. */
  troubles = [];
  /** What was left out, and why. */
  notTested = [];

  log(line) {
    console.log(`  ${line}`);
  }

  /** A step that is no test: prints how it went; a failing one counts as one failure. */
  check(name, seconds, trouble) {
    if (trouble) this.#trouble(name, trouble);
    else console.log(`${mark('ok')} ${name} (${seconds.toFixed(1)} s)`);
  }

  /** The outcome of one test process. */
  area(name, seconds, tests, trouble) {
    this.tests.push(...tests);
    const count = (status) => tests.filter((test) => test.status === status).length;
    const failed = count('failed');
    const skipped = count('skipped');
    const parts = [`${count('passed')} passed`];
    if (failed) parts.push(`${failed} failed`);
    if (skipped) parts.push(`${skipped} skipped`);
    console.log(
      `${mark(failed || trouble ? 'bad' : 'ok')} ${name}: ${parts.join(', ')} (${seconds.toFixed(1)} s)`,
    );
    for (const test of tests.filter((each) => each.status === 'failed')) {
      console.log(indent(`${test.file}: ${test.name}\n${indent(test.message ?? '')}`));
    }
    if (trouble) this.#trouble(name, trouble);
  }

  /** Something that could not be prepared, so that its tests do not run: said loudly, not a failure. */
  missing(what, reason) {
    this.notTested.push(`${what}: ${reason}`);
    console.log(`!! NOT TESTED: ${what}: ${reason}`);
  }

  /** Prints the summary; returns the exit code. */
  finish(seconds) {
    const passed = this.tests.filter((test) => test.status === 'passed').length;
    const failed = this.tests.filter((test) => test.status === 'failed');
    const skipped = this.tests.filter((test) => test.status === 'skipped');
    if (this.tests.length === 0 && this.troubles.length === 0) this.#trouble('tests', 'no test ran');
    const failures = failed.length + this.troubles.length;
    console.log(`\n${this.tests.length} tests in ${Math.round(seconds)} s`);
    for (const line of this.notTested) console.log(`!! NOT TESTED: ${line}`);
    for (const test of skipped) console.log(`!! SKIPPED: ${test.file}: ${test.name}`);
    for (const test of failed) console.log(`FAILED: ${test.file}: ${test.name}`);
    for (const trouble of this.troubles) console.log(`FAILED: ${trouble}`);
    console.log(
      `${passed} passed, ${failures} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
    );
    return failures === 0 ? 0 : 1;
  }

  #trouble(name, text) {
    const [first] = text.split('\n');
    this.troubles.push(`${name}: ${first}`);
    console.log(`${mark('bad')} ${name}: ${indent(text).trimStart()}`);
  }
}

// --- internal ---

const colour = process.stdout.isTTY && !process.env.NO_COLOR;

function mark(kind) {
  const sign = kind === 'ok' ? '✓' : '✗';
  if (!colour) return sign;
  return kind === 'ok' ? `\u001b[32m${sign}\u001b[0m` : `\u001b[31m${sign}\u001b[0m`;
}

function indent(text) {
  return text.replace(/^/gm, '    ');
}
