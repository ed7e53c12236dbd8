const SIGNALS: NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/**
 * Resolves to the name of the first SIGTERM or SIGINT. From then on the two do what they do by default, so that a second
 * one ends the process at once.
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
