// A classic script, run before anything is drawn: a theme that was chosen must not flash in the other colours first.
try {
  const theme = localStorage.getItem('segflow-preview:theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is off: the system's theme it is.
}
