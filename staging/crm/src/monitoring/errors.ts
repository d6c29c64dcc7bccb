import type * as Sentry from "./sentry";
import type * as Recorder from "./sentry-replay";
import type { Config } from "../config";
import { whenIdle } from "./idle";
import { log } from "./log";

type Early = { error: unknown; context: Record<string, unknown> };

let sentry: typeof Sentry | undefined;
/** Undefined as soon as Sentry is complete. */
let early: Early[] | undefined = [];
let isWatching = false;
let person: string | undefined;

function keepError(event: ErrorEvent): void {
  early?.push({ error: event.error ?? new Error(event.message), context: {} });
}

function keepRejection(event: PromiseRejectionEvent): void {
  early?.push({ error: event.reason, context: { unhandled: "promise" } });
}

/** Keeps the errors that happen before Sentry is loaded. */
export function watchEarlyErrors(): void {
  if (isWatching) return;
  isWatching = true;
  addEventListener("error", keepError);
  addEventListener("unhandledrejection", keepRejection);
}

/** Loads Sentry and hands over what was kept; without a DSN, nothing is loaded. */
export async function startErrorReporting(config: Config): Promise<void> {
  const { dsn, environment, ...rates } = config.sentry;
  if (!dsn) return;
  const loaded = await import("./sentry");
  const isReplaying = rates.replays_session_sample_rate > 0 || rates.replays_error_sample_rate > 0;
  const recorder = isReplaying ? await loadRecorder() : undefined;
  await whenIdle();
  loaded.init({
    dsn,
    environment,
    release: config.release,
    tracesSampleRate: rates.traces_sample_rate,
    replaysSessionSampleRate: rates.replays_session_sample_rate,
    replaysOnErrorSampleRate: rates.replays_error_sample_rate,
    // What people search for, and what the database answers, are names.
    dataCollection: { userInfo: false, cookies: false, httpHeaders: false, httpBodies: [], urlQueryParams: false },
  });
  loaded.setTag("commit", config.commit);
  if (person) loaded.setUser({ id: person });
  removeEventListener("error", keepError);
  removeEventListener("unhandledrejection", keepRejection);
  sentry = loaded;
  try {
    // In steps, because together they would hold up the page.
    if (recorder) {
      await whenIdle();
      // Names and amounts are people's own business: a replay shows shapes, not texts.
      loaded.addIntegration(recorder.replayIntegration({ maskAllText: true, blockAllMedia: true }));
    }
    if (rates.traces_sample_rate > 0) {
      await whenIdle();
      loaded.addIntegration(loaded.browserTracingIntegration());
    }
  } finally {
    // Only now: an error that was kept has its replay and its trace, too.
    const kept = early ?? [];
    early = undefined;
    for (const { error, context } of kept) loaded.captureException(error, { extra: context });
  }
}

/** Errors are worth reporting also where the recorder cannot be loaded. */
async function loadRecorder(): Promise<typeof Recorder | undefined> {
  try {
    return await import("./sentry-replay");
  } catch (error) {
    reportError(error, { where: "monitoring" });
    return undefined;
  }
}

/** Reports an error: to the console at once, to Sentry as soon as it is there. */
export function reportError(error: unknown, context: Record<string, unknown> = {}): void {
  log("error", `[${String(context.where ?? "app")}]`, error);
  if (early) early.push({ error, context });
  else sentry?.captureException(error, { extra: context });
}

/** Tells Sentry who is signed in, by id alone. */
export function identifyForErrors(userId: string | undefined): void {
  person = userId;
  sentry?.setUser(userId ? { id: userId } : null);
}
