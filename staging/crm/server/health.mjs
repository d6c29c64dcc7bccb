import { json, reason } from "./answers.mjs";
import { buildOf, environment, supabaseOf } from "./settings.mjs";

const PATIENCE_MS = 4000;
const NO_SUCH_COLUMN = "42703";

/**
 * One real query through the REST gateway, with the key everybody may know: row security lets it see
 * no row, but the database must have worked to say so.
 * @param {{ url: string, anonKey: string }} supabase
 * @param {string} columns
 */
async function query(supabase, columns) {
  const response = await fetch(`${supabase.url}/rest/v1/contacts?select=${columns}&limit=1`, {
    headers: { apikey: supabase.anonKey, authorization: `Bearer ${supabase.anonKey}` },
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const body = await response.json().catch(() => undefined);
  return { status: response.status, ok: response.ok && Array.isArray(body), code: body?.code };
}

/**
 * The state of the database as seen from here.
 * @param {{ url: string, anonKey: string }} supabase
 */
export async function databaseState(supabase) {
  const startedAt = performance.now();
  const latency = () => ({ latency_ms: Math.round(performance.now() - startedAt) });
  try {
    const migrated = await query(supabase, "id,pulse_profile_id");
    if (migrated.ok) return { status: "up", schema: "migrated", ...latency() };
    if (migrated.code === NO_SUCH_COLUMN) {
      const baseline = await query(supabase, "id");
      if (baseline.ok) return { status: "up", schema: "baseline", ...latency() };
    }
    return { status: "down", error: `HTTP ${migrated.status}`, ...latency() };
  } catch (error) {
    return { status: "down", error: reason(error), ...latency() };
  }
}

/** Answers /health: 200 when the application can serve people, 503 when it cannot. */
export async function health() {
  const env = environment();
  const database = await databaseState(supabaseOf(env));
  const healthy = database.status === "up";
  return json(
    {
      status: healthy ? "ok" : "unavailable",
      ...buildOf(env),
      database,
      time: new Date().toISOString(),
    },
    healthy ? 200 : 503,
  );
}
