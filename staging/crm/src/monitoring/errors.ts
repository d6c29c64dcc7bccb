import type * as Sentry from "./sentry";
import type { Config } from "../config";
import { log } from "./log";

type Early = { error: unknown; context: Record<string, unknown> };

let sentry: typeof Sentry | undefined;
let early: Early[] = [];
let isWatching = false;

function keepError(event: ErrorEvent): void {
  early.push({ error: event.error ?? new Error(event.message), context: {} });
}

function keepRejection(event: PromiseRejectionEvent): void {
  early.push({ error: event.reason, context: { unhandled: "promise" } });
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
  const integrations = [];
  if (rates.traces_sample_rate > 0) integrations.push(loaded.browserTracingIntegration());
  if (rates.replays_session_sample_rate > 0 || rates.replays_error_sample_rate > 0) {
    // Names and amounts are people's own business: a replay shows shapes, not texts.
    const { replayIntegration } = await import("./sentry-replay");
    integrations.push(replayIntegration({ maskAllText: true, blockAllMedia: true }));
  }
  loaded.init({
    dsn,
    environment,
    release: config.release,
    integrations,
    tracesSampleRate: rates.traces_sample_rate,
    replaysSessionSampleRate: rates.replays_session_sample_rate,
    replaysOnErrorSampleRate: rates.replays_error_sample_rate,
    // What people search for, and what the database answers, are names.
    dataCollection: { userInfo: false, cookies: false, httpHeaders: false, httpBodies: [], urlQueryParams: false },
  });
  loaded.setTag("commit", config.commit);
  removeEventListener("error", keepError);
  removeEventListener("unhandledrejection", keepRejection);
  sentry = loaded;
  const kept = early;
  early = [];
  for (const { error, context } of kept) sentry.captureException(error, { extra: context });
}

/** Reports an error: to the console at once, to Sentry as soon as it is there. */
export function reportError(error: unknown, context: Record<string, unknown> = {}): void {
  log("error", `[${String(context.where ?? "app")}]`, error);
  if (sentry) sentry.captureException(error, { extra: context });
  else early.push({ error, context });
}

/** Tells Sentry who is signed in, by id alone. */
export function identifyForErrors(userId: string | undefined): void {
  sentry?.setUser(userId ? { id: userId } : null);
}
