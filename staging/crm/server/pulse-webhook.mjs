import { createHmac, timingSafeEqual } from "node:crypto";
import { json, log, refusal } from "./answers.mjs";
import { environment } from "./settings.mjs";

const TOLERANCE_S = 300;
const MOST_BYTES = 256 * 1024;
const SIGNATURE = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;

/** @type {Map<string, number>} id of a delivery → when it came; Pulse may deliver twice */
const seen = new Map();

/**
 * The signature of a delivery: HMAC-SHA256 over "<timestamp>.<body>", in hex.
 * @param {string} secret
 * @param {string | number} timestamp
 * @param {string} body
 */
export function sign(secret, timestamp, body) {
  return createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
}

/**
 * Why a delivery is not believed, or nothing. The header is `X-Pulse-Signature: t=<unix seconds>,v1=<hex>`.
 * @param {string} secret
 * @param {string} header
 * @param {string} body
 * @param {number} nowS
 */
export function distrust(secret, header, body, nowS) {
  const match = SIGNATURE.exec(header);
  if (!match) return "no_signature";
  const [, timestamp = "", given = ""] = match;
  const expected = Buffer.from(sign(secret, timestamp, body), "hex");
  if (!timingSafeEqual(expected, Buffer.from(given, "hex"))) return "wrong_signature";
  return Math.abs(nowS - Number(timestamp)) > TOLERANCE_S ? "too_old" : undefined;
}

/**
 * Receives an event from Pulse. It is believed by its signature, and it writes nothing: the next
 * synchronisation fetches what has changed, with the rights of a signed-in person.
 * @param {Request} request
 */
export async function pulseWebhook(request) {
  const secret = environment().PULSE_WEBHOOK_SECRET;
  if (!secret) return refusal(503, "not_configured", "PULSE_WEBHOOK_SECRET is not set.");
  if (request.method !== "POST") {
    return refusal(405, "method_not_allowed", "Use POST.", { allow: "POST" });
  }
  const body = await request.text();
  if (Buffer.byteLength(body) > MOST_BYTES) return refusal(413, "too_large", "At most 256 KiB.");
  const nowS = Date.now() / 1000;
  const doubt = distrust(secret, request.headers.get("x-pulse-signature") ?? "", body, nowS);
  if (doubt) {
    log("warn", "webhook_refused", { reason: doubt });
    return refusal(401, doubt, "The signature does not prove that Pulse sent this.");
  }
  const event = parsed(body);
  if (!event) return refusal(400, "malformed", "The body is no JSON object with a type.");

  const repeated = event.id !== "" && seen.has(event.id);
  remember(event.id, nowS);
  log("info", "webhook_received", { id: event.id, type: event.type, repeated });
  return json({ received: true, type: event.type, repeated });
}

/** @param {string} body */
function parsed(body) {
  try {
    const event = JSON.parse(body);
    if (typeof event?.type !== "string") return undefined;
    return { id: typeof event.id === "string" ? event.id : "", type: event.type };
  } catch {
    return undefined;
  }
}

/**
 * @param {string} id
 * @param {number} nowS
 */
function remember(id, nowS) {
  for (const [old, at] of seen) if (nowS - at > TOLERANCE_S) seen.delete(old);
  if (id) seen.set(id, nowS);
}
