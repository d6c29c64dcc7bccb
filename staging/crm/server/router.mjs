import { json, log, reason, refusal } from "./answers.mjs";
import { health } from "./health.mjs";
import { publicConfig } from "./public-config.mjs";
import { pulseProxy } from "./pulse-proxy.mjs";
import { pulseWebhook } from "./pulse-webhook.mjs";
import { environment } from "./settings.mjs";

/**
 * Answers what is not a file: the configuration, the health, Pulse. Nothing for any other address.
 * The same handlers run here, on Vercel (api/) and on Netlify (netlify/functions/).
 * @param {Request} request
 * @returns {Promise<Response | undefined>}
 */
export async function route(request) {
  const { pathname } = new URL(request.url);
  try {
    if (pathname === "/health") return await reading(request, health);
    if (pathname === "/config.json") return await reading(request, config);
    if (pathname === "/api/pulse/webhook") return await pulseWebhook(request);
    if (pathname.startsWith("/api/pulse/")) return await pulseProxy(request);
    if (pathname.startsWith("/api/")) return refusal(404, "no_such_route", "There is nothing here.");
    return undefined;
  } catch (error) {
    log("error", "request_failed", { path: pathname, reason: reason(error) });
    return refusal(500, "internal", "Something went wrong here.");
  }
}

/** Answers /config.json. */
export async function config() {
  return json(publicConfig(environment()));
}

/**
 * @param {Request} request
 * @param {() => Promise<Response>} handler
 */
async function reading(request, handler) {
  if (request.method === "GET" || request.method === "HEAD") return handler();
  return refusal(405, "method_not_allowed", "Use GET.", { allow: "GET, HEAD" });
}
