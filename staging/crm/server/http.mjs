import { createServer } from "node:http";
import { log, reason } from "./answers.mjs";
import { route } from "./router.mjs";
import { securityHeaders } from "./security-headers.mjs";
import { environment } from "./settings.mjs";
import { StaticFiles } from "./static-files.mjs";

const MOST_BYTES = 1024 * 1024;

/**
 * An HTTP server for a build: handlers first, then files, security headers on every answer.
 * @param {{ folder: string }} options
 */
export function webServer({ folder }) {
  const files = new StaticFiles(folder);
  return createServer(async (incoming, outgoing) => {
    try {
      const request = await requestOf(incoming);
      const response = (await route(request)) ?? (await files.answer(request));
      for (const [name, value] of Object.entries(securityHeaders(environment()))) {
        outgoing.setHeader(name, value);
      }
      response.headers.forEach((value, name) => outgoing.setHeader(name, value));
      outgoing.writeHead(response.status);
      if (incoming.method === "HEAD") outgoing.end();
      else outgoing.end(Buffer.from(await response.arrayBuffer()));
    } catch (error) {
      log("error", "answer_failed", { reason: reason(error) });
      const status = error instanceof Refused ? error.status : 500;
      if (!outgoing.headersSent) outgoing.writeHead(status, securityHeaders(process.env));
      outgoing.end();
    }
  });
}

/** What cannot be made a request, and the status that says so. */
class Refused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

/** @param {import("node:http").IncomingMessage} incoming */
async function requestOf(incoming) {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (typeof value === "string") headers.set(name, value);
  }
  const method = incoming.method ?? "GET";
  const body = method === "GET" || method === "HEAD" ? undefined : await bodyOf(incoming);
  try {
    // The name the caller used does not matter here; what matters is the path.
    return new Request(new URL(`http://server${incoming.url ?? "/"}`), { method, headers, body });
  } catch {
    throw new Refused(400);
  }
}

/**
 * The body, read to its end even when it is too large to keep: what is left unread would hold up the
 * next request on the same connection.
 * @param {import("node:http").IncomingMessage} incoming
 */
async function bodyOf(incoming) {
  const parts = [];
  let size = 0;
  for await (const part of incoming) {
    size += part.length;
    if (size <= MOST_BYTES) parts.push(part);
  }
  if (size > MOST_BYTES) throw new Refused(413);
  return Buffer.concat(parts);
}
