/** The longest that monitoring waits for its turn on a busy page. */
const LONGEST_WAIT_MS = 500;

let isLeaving = false;

/**
 * Resolves after the next frame, as soon as the page has nothing better to do. Where the page is
 * hidden or left it resolves at once: nobody is kept waiting, and what was counted must be sent now.
 */
export function whenIdle(): Promise<void> {
  if (isLeaving || document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const leave = () => {
      isLeaving = true;
      done();
    };
    const done = () => {
      clearTimeout(latest);
      removeEventListener("beforeunload", leave);
      document.removeEventListener("visibilitychange", done);
      resolve();
    };
    const latest = setTimeout(done, LONGEST_WAIT_MS);
    addEventListener("beforeunload", leave);
    document.addEventListener("visibilitychange", done);
    requestAnimationFrame(() => {
      // Safari has no idle callbacks.
      if (typeof requestIdleCallback === "function") requestIdleCallback(done);
      else setTimeout(done, 0);
    });
  });
}
