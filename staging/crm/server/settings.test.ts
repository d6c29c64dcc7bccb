// @vitest-environment node
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { publicConfig } from "./public-config.mjs";
import { contentSecurityPolicy, securityHeaders } from "./security-headers.mjs";
import { buildOf, environment, isEmergency, isOn, numberOf } from "./settings.mjs";

afterEach(() => vi.unstubAllEnvs());

test.each(["true", "TRUE", "1", "yes", " on "])("a feature is on by %j", (value) => {
  expect(isOn({ X: value }, "X")).toBe(true);
});

test.each([undefined, "", "false", "ture", "0"])("a feature is off by %j", (value) => {
  expect(isOn({ X: value }, "X")).toBe(false);
});

test.each(["true", "1", "ture", "YES"])("a kill switch acts by %j", (value) => {
  expect(isEmergency({ X: value }, "X")).toBe(true);
});

test.each([undefined, "", "false", "off", "0"])("a kill switch rests by %j", (value) => {
  expect(isEmergency({ X: value }, "X")).toBe(false);
});

test("a number stays within its bounds and falls back where it is none", () => {
  const rule = { otherwise: 15, least: 1, most: 60 };
  expect(numberOf({ X: "30" }, "X", rule)).toBe(30);
  expect(numberOf({ X: "0" }, "X", rule)).toBe(1);
  expect(numberOf({ X: "900" }, "X", rule)).toBe(60);
  expect(numberOf({ X: "soon" }, "X", rule)).toBe(15);
  expect(numberOf({}, "X", rule)).toBe(15);
});

test("the runtime file overrides the platform and is read again when it changes", () => {
  const folder = mkdtempSync(join(tmpdir(), "runtime-"));
  const file = join(folder, "runtime.env");
  vi.stubEnv("RUNTIME_ENV_FILE", file);
  vi.stubEnv("VITE_ROLLOUT_PERCENTAGE", "10");
  writeFileSync(file, "");
  expect(environment().VITE_ROLLOUT_PERCENTAGE).toBe("10");
  writeFileSync(file, "VITE_ROLLOUT_PERCENTAGE=50\n");
  utimesSync(file, new Date(), new Date(Date.now() + 5000));
  expect(environment().VITE_ROLLOUT_PERCENTAGE).toBe("50");
  rmSync(folder, { recursive: true });
});

test("the public configuration holds no secret", () => {
  const text = JSON.stringify(
    publicConfig({
      VITE_PULSE_API_KEY: "secret-1",
      VITE_GEMINI_API_KEY: "secret-2",
      PULSE_WEBHOOK_SECRET: "secret-3",
      SENTRY_AUTH_TOKEN: "secret-4",
      VITE_SUPABASE_ANON_KEY: "public",
    }),
  );
  expect(text).toContain("public");
  expect(text).not.toContain("secret-");
});

test("without variables everything is off and nothing is stopped", () => {
  const config = publicConfig({});
  expect(Object.values(config.flags)).toEqual(Array(6).fill(false));
  expect(Object.values(config.emergency)).toEqual(Array(3).fill(false));
  expect(config.rollout.percentage).toBe(0);
  expect(config.pulse.sync_interval_minutes).toBe(15);
  expect(config.log_level).toBe("warn");
  expect(publicConfig({ VITE_DEBUG_MODE: "true" }).log_level).toBe("debug");
});

test("the policy lets through the configured services and no others", () => {
  const policy = contentSecurityPolicy({
    VITE_SUPABASE_URL: "https://abc.supabase.co/",
    VITE_SENTRY_DSN: "https://key@o1.ingest.sentry.example.com/7",
    VITE_POSTHOG_HOST: "https://posthog.example.com",
    VITE_PULSE_API_URL: "https://pulse.example.com",
  });
  expect(policy).toContain(
    "connect-src 'self' https://abc.supabase.co https://o1.ingest.sentry.example.com https://posthog.example.com;",
  );
  expect(policy).not.toContain("pulse");
  expect(policy).not.toContain("unsafe");
});

test("TLS is demanded where every service has it", () => {
  const secure = {
    VITE_APP_URL: "https://crm.example.org",
    VITE_SUPABASE_URL: "https://abc.supabase.co",
    VITE_POSTHOG_HOST: "https://posthog.example.com",
  };
  expect(securityHeaders(secure)["strict-transport-security"]).toContain("max-age=");
  expect(securityHeaders({ ...secure, VITE_APP_URL: "http://127.0.0.1:4173" })).not.toHaveProperty(
    "strict-transport-security",
  );
});

test("the build is named by the deployment, else by the platform", () => {
  expect(buildOf({ RELEASE: "r", COMMIT_SHA: "c" })).toEqual({ release: "r", commit: "c" });
  expect(buildOf({ VERCEL_GIT_COMMIT_SHA: "v" }).commit).toBe("v");
  expect(buildOf({ COMMIT_SHA: "unknown", COMMIT_REF: "n" }).commit).toBe("n");
  expect(buildOf({}).commit).toBe("unknown");
});
