import { log, reason, refusal } from "./answers.mjs";
import { isSignedIn } from "./session.mjs";
import { environment, isEmergency, isOn, numberOf } from "./settings.mjs";

const PREFIX = "/api/pulse/";
const ID = "[A-Za-z0-9_-]+";
const PASSED_ON = ["content-type", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/** What the page may ask of Pulse, and the switch that allows it. */
const ROUTES = [
  { method: "GET", path: /^contacts\/relationship-profiles$/ },
  { method: "GET", path: /^contacts\/recommended-actions$/ },
  { method: "GET", path: new RegExp(`^contacts/${ID}/interactions$`) },
  {
    method: "GET",
    path: new RegExp(`^contacts/${ID}/ai-insights$`),
    needs: "VITE_PULSE_ENABLE_AI_INSIGHTS",
    emergency: "VITE_EMERGENCY_DISABLE_AI_FEATURES",
  },
  { method: "POST", path: /^contacts\/google-sync\/trigger$/, needs: "VITE_PULSE_ENABLE_GOOGLE_SYNC" },
  {
    method: "GET",
    path: new RegExp(`^contacts/google-sync/status/${ID}$`),
    needs: "VITE_PULSE_ENABLE_GOOGLE_SYNC",
  },
];

/** The questions Pulse knows; the platform may add parameters of its own to an address. */
const PARAMETERS = ["limit", "offset", "modified_since", "email", "include_annotations", "days", "types"];

/** @param {URLSearchParams} given */
function questions(given) {
  const known = [...given].filter(([name]) => PARAMETERS.includes(name));
  return known.length > 0 ? `?${new URLSearchParams(known)}` : "";
}

/**
 * Why a request is not passed on, or nothing.
 * @param {import("./settings.mjs").Environment} env
 * @param {string} method
 * @param {string} path
 */
function objection(env, method, path) {
  const route = ROUTES.find((candidate) => candidate.method === method && candidate.path.test(path));
  if (!route) return refusal(404, "no_such_route", "Pulse is not reached by this address.");
  const stopped = ["VITE_EMERGENCY_DISABLE_PULSE_SYNC", route.emergency].some(
    (name) => name && isEmergency(env, name),
  );
  if (stopped) return refusal(503, "emergency_stop", "Switched off by the emergency switch.");
  const switches = ["VITE_PULSE_SYNC_ENABLED", route.needs];
  if (switches.some((name) => name && !isOn(env, name))) {
    return refusal(403, "switched_off", "This part of the Pulse integration is switched off.");
  }
  return undefined;
}

/**
 * Passes a signed-in person's request on to Pulse and adds the key, which the page never sees.
 * @param {Request} request
 */
export async function pulseProxy(request) {
  const env = environment();
  const url = new URL(request.url);
  const path = url.pathname.slice(PREFIX.length);
  const objected = objection(env, request.method, path);
  if (objected) return objected;

  try {
    if (!(await isSignedIn(request, env))) {
      return refusal(401, "not_signed_in", "Sign in first.");
    }
  } catch (error) {
    log("error", "session_check_failed", { reason: reason(error) });
    return refusal(502, "session_unknown", "The session could not be checked.");
  }

  const base = (env.VITE_PULSE_API_URL ?? "").replace(/\/+$/, "");
  const patience = numberOf(env, "VITE_PULSE_API_TIMEOUT_MS", {
    otherwise: 30_000,
    least: 100,
    most: 120_000,
  });
  try {
    const answer = await fetch(`${base}/api/${path}${questions(url.searchParams)}`, {
      method: request.method,
      headers: { authorization: `Bearer ${env.VITE_PULSE_API_KEY ?? ""}`, accept: "application/json" },
      redirect: "error",
      signal: AbortSignal.timeout(patience),
    });
    const body = await answer.arrayBuffer();
    return new Response(body, { status: statusFor(answer.status), headers: headersOf(answer) });
  } catch (error) {
    log("error", "pulse_unreachable", { path, reason: reason(error) });
    const late = reason(error) === "timeout";
    return refusal(late ? 504 : 502, "pulse_unreachable", "Pulse could not be reached.");
  }
}

/**
 * A 401 from Pulse is about our key, not about the caller's session.
 * @param {number} status
 */
function statusFor(status) {
  return status === 401 || status === 403 ? 502 : status;
}

/** @param {Response} answer */
function headersOf(answer) {
  const headers = new Headers({ "cache-control": "no-store" });
  for (const name of PASSED_ON) {
    const value = answer.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
}
