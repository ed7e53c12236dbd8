// A classic script that runs before the first paint, so that a chosen theme does not flash in the
// other colours.
try {
  const theme = localStorage.getItem('segflow-preview:theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is off: use the system's theme.
}
