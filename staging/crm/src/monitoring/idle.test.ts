import { beforeEach, expect, test, vi } from "vitest";

let whenIdle: typeof import("./idle").whenIdle;
let frames: FrameRequestCallback[];

beforeEach(async () => {
  vi.resetModules();
  ({ whenIdle } = await import("./idle"));
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => frames.push(frame));
});

/** Whether a wait that began now is over, as the page goes on. */
function begin(): { isOver: boolean } {
  const wait = { isOver: false };
  void whenIdle().then(() => (wait.isOver = true));
  return wait;
}

const promises = () => Promise.resolve().then(() => undefined);

test("a step waits for a frame and for an idle page", async () => {
  const idle: (() => void)[] = [];
  vi.stubGlobal("requestIdleCallback", (callback: () => void) => idle.push(callback));
  const wait = begin();
  frames[0]?.(0);
  await promises();
  expect(wait.isOver).toBe(false);
  idle[0]?.();
  await promises();
  expect(wait.isOver).toBe(true);
});

test("a page without idle callbacks goes on after the frame", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const wait = begin();
  frames[0]?.(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(wait.isOver).toBe(true);
});

test("a busy page delays a step by half a second at most", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const wait = begin();
  await vi.advanceTimersByTimeAsync(499);
  expect(wait.isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(wait.isOver).toBe(true);
});

test("critical: a page that is left waits no more", async () => {
  const first = begin();
  dispatchEvent(new Event("beforeunload"));
  await promises();
  expect(first.isOver).toBe(true);
  const next = begin();
  await promises();
  expect(next.isOver).toBe(true);
});

test("critical: a page that is hidden waits no more", async () => {
  const first = begin();
  vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  document.dispatchEvent(new Event("visibilitychange"));
  await promises();
  expect(first.isOver).toBe(true);
  const next = begin();
  await promises();
  expect(next.isOver).toBe(true);
});
