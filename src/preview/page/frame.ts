import { h } from './dom.ts';

/**
 * Shows `html` in `screen` at its full height. The next document loads behind the current one and
 * replaces it when ready, so a reload does not flash. Scripts are off; the page itself may look
 * inside the frame to measure it.
 */
export function showHtml(
  screen: HTMLElement,
  html: string,
  onReady: (frame: HTMLIFrameElement) => void,
): void {
  const frame = h('iframe', {
    class: 'arriving',
    title: 'The email',
    sandbox: 'allow-same-origin allow-popups allow-popups-to-escape-sandbox',
  });
  frame.addEventListener('load', () => {
    const inside = frame.contentDocument;
    // A later answer may have arrived meanwhile.
    if (inside === null || frame !== screen.lastElementChild) return frame.remove();
    const base = inside.createElement('base');
    base.target = '_blank';
    inside.head.append(base);
    for (const older of [...screen.children]) if (older !== frame) older.remove();
    frame.classList.remove('arriving');
    fit(screen, frame);
    onReady(frame);
    let width = frame.clientWidth;
    new ResizeObserver(() => {
      if (frame.clientWidth === width) return;
      width = frame.clientWidth;
      fit(screen, frame);
    }).observe(frame);
    // Pictures that load late make the email taller.
    inside.addEventListener('load', () => fit(screen, frame), true);
    void inside.fonts.ready.then(() => fit(screen, frame));
  });
  frame.srcdoc = html;
  screen.append(frame);
}

// --- internal ---

// Measured from nothing, so that an email whose height is a share of the window's does not grow with every look; the
// screen keeps its height meanwhile, so that the page does not scroll.
function fit(screen: HTMLElement, frame: HTMLIFrameElement): void {
  const root = frame.contentDocument?.documentElement;
  if (root === undefined || !frame.isConnected) return;
  // A short email fills a phone's screen with its background.
  const least = Number.parseFloat(getComputedStyle(screen).minHeight) || 120;
  screen.style.minHeight = `${screen.clientHeight}px`;
  frame.style.height = '0px';
  frame.style.height = `${Math.max(least, root.scrollHeight)}px`;
  screen.style.minHeight = '';
}
