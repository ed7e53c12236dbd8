const SIGNALS: NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/**
 * Resolves to the name of the first SIGTERM or SIGINT. Afterwards both signals have their default
 * effect again, so a second one ends the process immediately.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) {
      process.once(signal, () => {
        for (const each of SIGNALS) process.removeAllListeners(each);
        resolve(signal);
      });
    }
  });
}
