/** A path in a config: `campaigns.welcome-campaign.segments[0]`. The whole config is ''. */
export function joinPath(steps: readonly (string | number)[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else if (step === '' || /[\s.[\]"'`]/.test(step)) path += `[${JSON.stringify(step)}]`;
    else path += path === '' ? step : `.${step}`;
  }
  return path;
}
