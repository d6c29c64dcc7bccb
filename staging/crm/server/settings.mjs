import { readFileSync, statSync } from "node:fs";
import { parseEnv } from "node:util";

/** @typedef {Record<string, string | undefined>} Environment */

/** @type {{ path: string, changedAt: number, values: Environment } | undefined} */
let overrides;

/**
 * The platform's variables, with those of RUNTIME_ENV_FILE laid over them. The file is read again when
 * it changes, so that flags and kill switches act without a restart.
 * @returns {Environment}
 */
export function environment() {
  const path = process.env.RUNTIME_ENV_FILE;
  if (!path) return process.env;
  const changedAt = statSync(path).mtimeMs;
  if (overrides?.path !== path || overrides.changedAt !== changedAt) {
    overrides = { path, changedAt, values: parseEnv(readFileSync(path, "utf8")) };
  }
  return { ...process.env, ...overrides.values };
}

const UNKNOWN = "unknown";
const TRUE = new Set(["true", "1", "yes", "on"]);
const FALSE = new Set(["", "false", "0", "no", "off"]);

/**
 * A feature is on only by a clear yes.
 * @param {Environment} env
 * @param {string} name
 */
export function isOn(env, name) {
  return TRUE.has((env[name] ?? "").trim().toLowerCase());
}

/**
 * A kill switch is off only by a clear no: a misspelled "true" must still stop the damage.
 * @param {Environment} env
 * @param {string} name
 */
export function isEmergency(env, name) {
  return !FALSE.has((env[name] ?? "").trim().toLowerCase());
}

/**
 * A number between two bounds, or the default where the variable is absent or no number.
 * @param {Environment} env
 * @param {string} name
 * @param {{ otherwise: number, least: number, most: number }} rule
 */
export function numberOf(env, name, { otherwise, least, most }) {
  const text = (env[name] ?? "").trim();
  const value = text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : otherwise;
}

/**
 * Where Supabase is, and the key everybody may know.
 * @param {Environment} env
 */
export function supabaseOf(env) {
  return {
    url: (env.VITE_SUPABASE_URL ?? "").replace(/\/+$/, ""),
    anonKey: env.VITE_SUPABASE_ANON_KEY ?? "",
  };
}

/**
 * Which build this is. The deployment sets RELEASE and COMMIT_SHA; Vercel and Netlify name the commit
 * themselves.
 * @param {Environment} env
 */
export function buildOf(env) {
  const commits = [env.COMMIT_SHA, env.VERCEL_GIT_COMMIT_SHA, env.COMMIT_REF];
  return {
    release: env.RELEASE || "logos-vision-crm@1.0.0",
    commit: commits.find((commit) => commit && commit !== UNKNOWN) ?? UNKNOWN,
  };
}
