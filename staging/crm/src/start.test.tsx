import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConfigStore, configStore } from "./config";
import { answer, World } from "./testing/world";

const sentry = { init: vi.fn(), captureException: vi.fn(), setTag: vi.fn(), setUser: vi.fn(), addIntegration: vi.fn(), browserTracingIntegration: vi.fn(() => "tracing") };
const posthog = { init: vi.fn(), capture: vi.fn(), register: vi.fn(), identify: vi.fn(), reset: vi.fn() };
const replay = vi.fn(() => "replay");
type Report = (metric: { name: string; value: number; rating: string; id: string }) => void;
const report = (name: string) => (callback: Report) => callback({ name, value: 12.34567, rating: "good", id: name });

vi.mock("./monitoring/sentry", () => sentry);
vi.mock("./monitoring/sentry-replay", () => ({ replayIntegration: replay }));
vi.mock("posthog-js/dist/module.slim.no-external", () => ({ default: posthog }));
vi.mock("web-vitals", () => ({
  onCLS: report("CLS"),
  onFCP: report("FCP"),
  onINP: report("INP"),
  onLCP: report("LCP"),
  onTTFB: report("TTFB"),
}));

const MONITORED = {
  VITE_SENTRY_DSN: "https://key@sentry.example.com/1",
  VITE_SENTRY_TRACES_SAMPLE_RATE: "0.1",
  VITE_SENTRY_REPLAYS_ERROR_SAMPLE_RATE: "1.0",
  VITE_ANALYTICS_ENABLED: "true",
  VITE_POSTHOG_API_KEY: "phc_key",
  VITE_POSTHOG_HOST: "https://posthog.example.com",
  VITE_ENABLE_PERFORMANCE_MONITORING: "true",
  VITE_PERFORMANCE_SAMPLE_RATE: "1",
  VITE_ENABLE_AB_TESTING: "true",
};

let root: HTMLElement;

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  root = document.body.appendChild(document.createElement("div"));
  vi.resetModules();
});
afterEach(() => {
  root.remove();
  vi.clearAllMocks();
});

async function begin(): Promise<typeof import("./start")> {
  const module = await import("./start");
  await act(() => module.start(root));
  return module;
}

test("critical: the page comes first, then Sentry, PostHog and the web vitals", async () => {
  new World(MONITORED);
  await begin();
  dispatchEvent(new ErrorEvent("error", { error: new Error("early") }));
  dispatchEvent(Object.assign(new Event("unhandledrejection"), { reason: new Error("early promise") }));
  expect(await screen.findByRole("heading", { level: 1 })).toBeTruthy();
  await waitFor(() => expect(posthog.capture).toHaveBeenCalledWith("web_vital", expect.objectContaining({ metric: "LCP" })));
  expect(sentry.init).toHaveBeenCalledWith(
    expect.objectContaining({ release: "logos-vision-crm@test", replaysOnErrorSampleRate: 1 }),
  );
  await waitFor(() => expect(sentry.captureException).toHaveBeenCalledTimes(2));
  expect(sentry.addIntegration.mock.calls).toEqual([["replay"], ["tracing"]]);
  const orders = [sentry.addIntegration, sentry.captureException].map((call) => call.mock.invocationCallOrder);
  expect(orders.flat()).toEqual(orders.flat().sort((a, b) => a - b));
  expect(sentry.captureException.mock.calls.map(([error]) => String(error))).toEqual([
    "Error: early",
    "Error: early promise",
  ]);
  expect(posthog.capture).toHaveBeenCalledWith("$pageview", expect.objectContaining({ $pathname: "/" }));
  expect(posthog.register).toHaveBeenCalledWith(expect.objectContaining({ ab_test_group: "treatment" }));
  expect(console.error).not.toHaveBeenCalled();
});

test("support can ask on the console which build and page somebody sees", async () => {
  new World({ VITE_ROLLOUT_PERCENTAGE: "0" });
  await begin();
  expect(window.logosVision.release).toBe("logos-vision-crm@test");
  expect(window.logosVision.commit).toBe("0123456789abcdef");
  expect(window.logosVision.config.rollout.percentage).toBe(0);
  expect(window.logosVision.contactsVariant("anybody")).toBe("classic");
  expect(window.logosVision.bucket("anybody")).toBe(window.logosVision.bucket("anybody"));
});

test("nothing is loaded where nothing is configured", async () => {
  new World();
  await begin();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(sentry.init).not.toHaveBeenCalled();
  expect(posthog.init).not.toHaveBeenCalled();
});

test("without a configuration the page says that it cannot be reached", async () => {
  new World().on("GET /config.json", () => answer({}, 503));
  await begin();
  expect(await screen.findByText("Logos Vision cannot be reached")).toBeTruthy();
});

test("errors and people reach the services that are loaded", async () => {
  new World(MONITORED);
  const errors = await import("./monitoring/errors");
  const analytics = await import("./monitoring/analytics");
  const { configStore: store } = await import("./config");
  const config = await store.refresh();
  analytics.track("signed_in");
  analytics.identifyForAnalytics(config, "user-1");
  await errors.startErrorReporting(config);
  await analytics.startAnalytics(config, "visitor");
  expect(posthog.identify).toHaveBeenCalledWith("user-1");
  expect(posthog.capture).toHaveBeenCalledWith("signed_in", {});
  analytics.identifyForAnalytics(config, undefined);
  expect(posthog.reset).toHaveBeenCalledTimes(1);
  errors.reportError(new Error("late"), { where: "test" });
  errors.identifyForErrors("user-1");
  errors.identifyForErrors(undefined);
  expect(sentry.captureException).toHaveBeenCalledTimes(1);
  expect(sentry.setUser.mock.calls).toEqual([[{ id: "user-1" }], [null]]);
});

test("critical: who signed in before Sentry was there is known to it, also for the first errors", async () => {
  new World(MONITORED);
  const errors = await import("./monitoring/errors");
  const config = await (await import("./config")).configStore.refresh();
  errors.identifyForErrors("user-1");
  errors.reportError(new Error("early"));
  await errors.startErrorReporting(config);
  expect(sentry.setUser.mock.calls).toEqual([[{ id: "user-1" }]]);
  expect(sentry.captureException).toHaveBeenCalledTimes(1);
  const [first, then] = [sentry.setUser, sentry.captureException].map((call) => call.mock.invocationCallOrder[0] ?? 0);
  expect(first).toBeLessThan(then ?? 0);
});

test("critical: errors are reported also where no replay can be recorded", async () => {
  new World(MONITORED);
  vi.mocked(replay).mockImplementationOnce(() => {
    throw new Error("no recorder");
  });
  const errors = await import("./monitoring/errors");
  const config = await (await import("./config")).configStore.refresh();
  errors.reportError(new Error("early"));
  await expect(errors.startErrorReporting(config)).rejects.toThrow("no recorder");
  errors.reportError(new Error("late"));
  expect(sentry.captureException.mock.calls.map(([error]) => String(error))).toEqual(["Error: early", "Error: late"]);
});

test("the log level decides what reaches the console", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const debug = vi.spyOn(console, "debug").mockImplementation(() => {});
  const { log } = await import("./monitoring/log");
  log("debug", "not yet loaded");
  log("warn", "worth it");
  new World({ VITE_LOG_LEVEL: "debug" });
  await (await import("./config")).configStore.refresh();
  log("debug", "now");
  expect([warn.mock.calls, debug.mock.calls]).toEqual([[["worth it"]], [["now"]]]);
});

test("a new configuration is found within a minute, and an old one outlives an error", async () => {
  const world = new World();
  const store = new ConfigStore();
  expect(() => store.current).toThrow("not loaded");
  await store.refresh();
  vi.useFakeTimers();
  const changes: number[] = [];
  const failed = vi.fn();
  store.subscribe((config) => changes.push(config.rollout.percentage));
  const stop = store.keepFresh(failed);
  world.configure({ VITE_ROLLOUT_PERCENTAGE: "5" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(changes).toEqual([5]);
  world.on("GET /config.json", () => answer({}, 500));
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.advanceTimersByTimeAsync(10);
  expect(failed).toHaveBeenCalledTimes(1);
  expect(store.current.rollout.percentage).toBe(5);
  stop();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(failed).toHaveBeenCalledTimes(1);
  expect(configStore).not.toBe(store);
});

test("a page that breaks shows a way out and is reported", async () => {
  const { ErrorBoundary } = await import("./ui/ErrorBoundary");
  const { render } = await import("@testing-library/react");
  function Broken(): never {
    throw new Error("broken page");
  }
  render(
    <ErrorBoundary>
      <Broken />
    </ErrorBoundary>,
  );
  expect(screen.getByRole("alert").textContent).toContain("Something went wrong");
});

test("only addresses of this application are followed after sign-in", async () => {
  const { destination } = await import("./pages/SignIn");
  expect(destination("/contacts/1")).toBe("/contacts/1");
  for (const next of [null, "https://evil.example", "//evil.example", "/\\evil.example"]) {
    expect(destination(next)).toBe("/contacts");
  }
});

test("a visitor keeps the identity, also where storage is forbidden", async () => {
  const { visitorId } = await import("./visitor");
  expect(visitorId()).toBe(visitorId());
  expect(visitorId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  vi.stubGlobal("localStorage", undefined);
  expect(visitorId()).toBe(visitorId());
  vi.unstubAllGlobals();
});
