import { supabaseOf } from "./settings.mjs";

/**
 * The origin of an address, or nothing where it is none.
 * @param {string | undefined} address
 */
function originOf(address) {
  try {
    return new URL(address ?? "").origin;
  } catch {
    return "";
  }
}

/**
 * What the page may load and whom it may talk to, from the configured services. Pulse is not among
 * them: the page reaches it through this server only.
 * @param {import("./settings.mjs").Environment} env
 */
export function contentSecurityPolicy(env) {
  const services = [supabaseOf(env).url, env.VITE_SENTRY_DSN, env.VITE_POSTHOG_HOST].map(originOf);
  const connect = ["'self'", ...new Set(services.filter(Boolean))].join(" ");
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${connect}`,
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  if (isHttps(env)) policy.push("upgrade-insecure-requests");
  return policy.join("; ");
}

/**
 * Whether every configured service can be reached over TLS, as in production.
 * @param {import("./settings.mjs").Environment} env
 */
function isHttps(env) {
  const addresses = [env.VITE_APP_URL, env.VITE_SUPABASE_URL, env.VITE_POSTHOG_HOST];
  return addresses.every((address) => (address ?? "").startsWith("https://"));
}

/**
 * The headers of every answer.
 * @param {import("./settings.mjs").Environment} env
 * @returns {Record<string, string>}
 */
export function securityHeaders(env) {
  return {
    "content-security-policy": contentSecurityPolicy(env),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    ...(isHttps(env) && { "strict-transport-security": "max-age=63072000; includeSubDomains" }),
  };
}
