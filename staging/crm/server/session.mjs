import { createHash } from "node:crypto";
import { supabaseOf } from "./settings.mjs";

const KNOWN_FOR_MS = 60_000;
const PATIENCE_MS = 5000;
const MOST_KNOWN = 1000;

/** @type {Map<string, number>} hash of a token → until when it counts as checked */
const known = new Map();

/** Forgets the tokens that were checked. */
export function forgetSessions() {
  known.clear();
}

/**
 * Whether the caller is signed in, asked of Supabase. A good answer is kept for a minute, so that an
 * import does not ask at every page. Throws when Supabase cannot be asked.
 * @param {Request} request
 * @param {import("./settings.mjs").Environment} env
 */
export async function isSignedIn(request, env) {
  const authorization = request.headers.get("authorization") ?? "";
  if (!/^Bearer \S+$/.test(authorization)) return false;
  const supabase = supabaseOf(env);
  const hash = createHash("sha256").update(`${supabase.url} ${authorization}`).digest("hex");
  if ((known.get(hash) ?? 0) > Date.now()) return true;

  const response = await fetch(`${supabase.url}/auth/v1/user`, {
    headers: { apikey: supabase.anonKey, authorization },
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (response.status >= 500) throw new Error(`Supabase answered ${response.status}`);
  if (!response.ok) return false;
  const user = await response.json().catch(() => undefined);
  if (typeof user?.id !== "string") return false;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(hash, Date.now() + KNOWN_FOR_MS);
  return true;
}
