import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { isAppRoute } from "../app-routes.mjs";

const TYPES = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".svg", "image/svg+xml"],
  [".png", "image/png"],
  [".ico", "image/x-icon"],
  [".txt", "text/plain; charset=utf-8"],
  [".webmanifest", "application/manifest+json"],
]);
const COMPRESSED = new Set([".html", ".js", ".css", ".svg", ".txt", ".webmanifest"]);
const FOREVER = "public, max-age=31536000, immutable";
const A_DAY = "public, max-age=86400";

const compressors = {
  br: (/** @type {Buffer} */ data) =>
    promisify(brotliCompress)(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (/** @type {Buffer} */ data) => promisify(gzip)(data, { level: 9 }),
};

/** Serves the files of a build: hashed ones for ever, the page for the application's own addresses. */
export class StaticFiles {
  /** @type {Map<string, Promise<Buffer>>} */
  #compressed = new Map();

  /** @param {string} folder */
  constructor(folder) {
    this.folder = normalize(folder);
  }

  /**
   * @param {Request} request
   * @returns {Promise<Response>}
   */
  async answer(request) {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Method not allowed\n", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    const path = decoded(new URL(request.url).pathname);
    const file = path === undefined || path.endsWith("/") ? undefined : await this.#read(path);
    if (file && path !== "/index.html") return this.#file(request, path ?? "", file, 200);
    if (path !== undefined && isAppRoute(path)) return this.#page(request, 200);
    // Only a person who navigates gets the page that says so; a missing script gets plain words.
    if ((request.headers.get("accept") ?? "").includes("text/html")) return this.#page(request, 404);
    return new Response("Not found\n", {
      status: 404,
      headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
    });
  }

  /**
   * @param {Request} request
   * @param {number} status
   */
  async #page(request, status) {
    const file = await this.#read("/index.html");
    if (!file) return new Response("The application is not built: npm run build\n", { status: 503 });
    return this.#file(request, "/index.html", file, status);
  }

  /**
   * @param {Request} request
   * @param {string} path
   * @param {Buffer} content
   * @param {number} status
   */
  async #file(request, path, content, status) {
    const extension = extname(path);
    const etag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
    const headers = new Headers({
      "content-type": TYPES.get(extension) ?? "application/octet-stream",
      "cache-control": cacheRule(path),
      etag,
    });
    if (status === 200 && request.headers.get("if-none-match") === etag) {
      return new Response(null, { status: 304, headers });
    }
    let body = content;
    if (COMPRESSED.has(extension)) {
      headers.set("vary", "accept-encoding");
      const accepted = request.headers.get("accept-encoding") ?? "";
      const encoding = /\bbr\b/.test(accepted) ? "br" : /\bgzip\b/.test(accepted) ? "gzip" : undefined;
      if (encoding) {
        headers.set("content-encoding", encoding);
        body = await this.#compress(encoding, etag, content);
      }
    }
    headers.set("content-length", String(body.byteLength));
    const sent = request.method === "HEAD" ? null : new Uint8Array(body);
    return new Response(sent, { status, headers });
  }

  /**
   * @param {"br" | "gzip"} encoding
   * @param {string} etag
   * @param {Buffer} content
   */
  #compress(encoding, etag, content) {
    const key = `${encoding} ${etag}`;
    let made = this.#compressed.get(key);
    if (!made) {
      made = compressors[encoding](content);
      this.#compressed.set(key, made);
    }
    return made;
  }

  /** @param {string} path */
  async #read(path) {
    const full = normalize(join(this.folder, path));
    if (!full.startsWith(this.folder + sep)) return undefined;
    if (extname(full) === ".map" || path.split("/").some((part) => part.startsWith("."))) return undefined;
    return readFile(full).catch(() => undefined);
  }
}

/** @param {string} path */
function cacheRule(path) {
  if (path.startsWith("/assets/")) return FOREVER;
  return path.endsWith(".html") ? "no-cache" : A_DAY;
}

/** @param {string} path */
function decoded(path) {
  try {
    const plain = decodeURIComponent(path);
    return plain.includes("\0") ? undefined : plain;
  } catch {
    return undefined;
  }
}
