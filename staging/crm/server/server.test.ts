// @vitest-environment node
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { GET as configOnVercel } from "../api/config.mjs";
import { GET as healthOnVercel } from "../api/health.mjs";
import { GET as proxyOnVercel } from "../api/pulse-proxy.mjs";
import { POST as webhookOnVercel } from "../api/pulse/webhook.mjs";
import { APP_ROUTES } from "../app-routes.mjs";
import onNetlify from "../netlify/functions/server.mjs";
import { webServer } from "./http.mjs";
import { sign } from "./pulse-webhook.mjs";
import { forgetSessions } from "./session.mjs";

interface Seen {
  path: string;
  authorization: string | undefined;
}

const seen: Seen[] = [];
let behave: (path: string) => { status: number; body: unknown; headers?: Record<string, string> };
let outside: Server;
let server: Server;
let address: string;
let folder: string;

function listening(made: Server): Promise<string> {
  return new Promise((resolve) => {
    made.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(made.address() as AddressInfo).port}`));
  });
}

beforeAll(async () => {
  vi.spyOn(console, "info").mockImplementation(() => {});
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  folder = mkdtempSync(join(tmpdir(), "dist-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>app</title>".padEnd(2000, " "));
  writeFileSync(join(folder, "assets/app-1a2b.js"), "console.log(1)");
  writeFileSync(join(folder, "assets/app-1a2b.js.map"), "{}");
  writeFileSync(join(folder, "favicon.svg"), "<svg/>");
  writeFileSync(join(folder, ".env"), "SECRET=1");
  outside = createServer((incoming, outgoing) => {
    seen.push({ path: incoming.url ?? "", authorization: incoming.headers.authorization });
    const { status, body, headers } = behave(incoming.url ?? "");
    outgoing.writeHead(status, { "content-type": "application/json", ...headers });
    outgoing.end(JSON.stringify(body));
  });
  const outsideAddress = await listening(outside);
  vi.stubEnv("VITE_SUPABASE_URL", outsideAddress);
  vi.stubEnv("VITE_SUPABASE_ANON_KEY", "anon");
  vi.stubEnv("VITE_PULSE_API_URL", `${outsideAddress}/`);
  vi.stubEnv("VITE_PULSE_API_KEY", "pulse-secret");
  server = webServer({ folder });
  address = await listening(server);
});

afterAll(() => {
  server.close();
  outside.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  seen.length = 0;
  forgetSessions();
  vi.spyOn(console, "info").mockImplementation(() => {});
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.stubEnv("VITE_PULSE_SYNC_ENABLED", "true");
  vi.stubEnv("PULSE_WEBHOOK_SECRET", "webhook-secret");
  behave = (path) => (path.startsWith("/auth") ? { status: 200, body: { id: "u" } } : { status: 200, body: [] });
});

afterEach(() => {
  vi.stubEnv("VITE_EMERGENCY_DISABLE_PULSE_SYNC", "");
  vi.stubEnv("VITE_EMERGENCY_DISABLE_AI_FEATURES", "");
  vi.stubEnv("VITE_PULSE_ENABLE_AI_INSIGHTS", "");
});

const html = { accept: "text/html" };
const signedIn = { authorization: "Bearer token-1" };
const PROFILES = "/api/pulse/contacts/relationship-profiles?limit=1&path=x";

test.each(APP_ROUTES.map((route) => route.replace(":id", "42")))("%s is answered with the page", async (path) => {
  const response = await fetch(address + path, { headers: html });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain("<title>app</title>");
});

test("an unknown address is a true 404 that still shows a page to people", async () => {
  const page = await fetch(`${address}/nope`, { headers: html });
  expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
  const asset = await fetch(`${address}/assets/gone.js`);
  expect([asset.status, asset.headers.get("content-type")]).toEqual([404, "text/plain; charset=utf-8"]);
});

test("every answer carries the security headers", async () => {
  for (const path of ["/", "/assets/app-1a2b.js", "/nope", "/health", "/config.json", "/api/none", PROFILES]) {
    const { headers } = await fetch(address + path);
    expect(headers.get("content-security-policy"), path).toContain("default-src 'none'");
    expect(headers.get("x-content-type-options"), path).toBe("nosniff");
    expect(headers.get("x-frame-options"), path).toBe("DENY");
  }
});

test("hashed files are kept for ever, the page is asked for again", async () => {
  const script = await fetch(`${address}/assets/app-1a2b.js`);
  expect(script.headers.get("cache-control")).toContain("immutable");
  expect(script.headers.get("content-type")).toContain("javascript");
  const page = await fetch(address);
  expect(page.headers.get("cache-control")).toBe("no-cache");
  const again = await fetch(address, { headers: { "if-none-match": page.headers.get("etag") ?? "" } });
  expect(again.status).toBe(304);
});

test.each(["br", "gzip"])("text is compressed with %s for who can read it", async (encoding) => {
  const response = await fetch(address, { headers: { "accept-encoding": encoding } });
  expect(response.headers.get("content-encoding")).toBe(encoding);
  expect(await response.text()).toContain("<title>app</title>");
});

test.each(["/assets/app-1a2b.js.map", "/.env", "/..%2f..%2fetc%2fpasswd", "/%00", "/%zz", "/assets/"])(
  "%s is not given out",
  async (path) => {
    expect((await fetch(address + path)).status).toBe(404);
  },
);

test("a path that climbs out of the folder is not followed", async () => {
  const status = await new Promise((resolve) => {
    const { hostname, port } = new URL(address);
    request({ hostname, port, path: "/../../../../etc/passwd" }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).end();
  });
  expect(status).toBe(404);
});

test("files are read, nothing else", async () => {
  expect((await fetch(address, { method: "DELETE" })).status).toBe(405);
  expect((await fetch(`${address}/health`, { method: "POST" })).status).toBe(405);
  const head = await fetch(address, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("a body that is too large is refused, and the connection serves the next request", async () => {
  const large = "x".repeat(2 * 1024 * 1024);
  const post = `POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${large.length}\r\n\r\n${large}`;
  const get = "GET /config.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const socket = connect(Number(new URL(address).port), "127.0.0.1").setTimeout(2000);
  socket.on("timeout", () => socket.destroy()).write(post + get);
  let answers = "";
  for await (const part of socket) answers += part;
  expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
});

test("refusals and failures carry the security headers, too", async () => {
  const large = await fetch(`${address}/x`, { method: "POST", body: "x".repeat(1024 * 1024 + 1) });
  vi.stubEnv("RUNTIME_ENV_FILE", join(folder, "absent"));
  const failed = await fetch(`${address}/config.json`);
  vi.stubEnv("RUNTIME_ENV_FILE", "");
  expect([large.status, failed.status]).toEqual([413, 500]);
  for (const { headers } of [large, failed]) {
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  }
});

test("the configuration follows the variables at once", async () => {
  vi.stubEnv("VITE_ROLLOUT_PERCENTAGE", "10");
  const before = await (await fetch(`${address}/config.json`)).json();
  vi.stubEnv("VITE_ROLLOUT_PERCENTAGE", "50");
  const after = await (await configOnVercel()).json();
  expect([before.rollout.percentage, after.rollout.percentage]).toEqual([10, 50]);
  expect(JSON.stringify(after)).not.toContain("pulse-secret");
});

test("health is measured by a query and names the build", async () => {
  const response = await fetch(`${address}/health`);
  const body = await response.json();
  expect(response.status).toBe(200);
  expect(body).toMatchObject({ status: "ok", database: { status: "up", schema: "migrated" } });
  expect(body.release).toBeTruthy();
  expect(seen[0]?.path).toContain("/rest/v1/contacts?select=");
});

test("health tells a baseline from a migrated schema", async () => {
  behave = (path) =>
    path.includes("pulse_profile_id") ? { status: 400, body: { code: "42703" } } : { status: 200, body: [] };
  expect((await (await healthOnVercel()).json()).database.schema).toBe("baseline");
});

test.each([
  ["an error", { status: 503, body: {} }],
  ["something else than rows", { status: 200, body: "hello" }],
])("health is bad when the database answers with %s", async (_name, given) => {
  behave = () => given;
  const response = await healthOnVercel();
  expect(response.status).toBe(503);
  expect((await response.json()).database.status).toBe("down");
});

test("health is bad when nobody answers", async () => {
  const before = process.env.VITE_SUPABASE_URL;
  vi.stubEnv("VITE_SUPABASE_URL", "http://127.0.0.1:1");
  const response = await healthOnVercel();
  vi.stubEnv("VITE_SUPABASE_URL", before);
  expect(response.status).toBe(503);
});

test("Pulse is asked with the key, which the caller never sees", async () => {
  behave = (path) =>
    path.startsWith("/auth")
      ? { status: 200, body: { id: "u" } }
      : { status: 200, body: { data: [] }, headers: { "x-ratelimit-remaining": "7", "set-cookie": "a=b" } };
  const response = await fetch(address + PROFILES, { headers: signedIn });
  expect(response.status).toBe(200);
  expect(response.headers.get("x-ratelimit-remaining")).toBe("7");
  expect(response.headers.get("set-cookie")).toBeNull();
  const asked = seen.find(({ path }) => path.startsWith("/api/contacts"));
  expect(asked).toEqual({
    path: "/api/contacts/relationship-profiles?limit=1",
    authorization: "Bearer pulse-secret",
  });
});

test("a session is checked once a minute, not at every page", async () => {
  await fetch(address + PROFILES, { headers: signedIn });
  await fetch(address + PROFILES, { headers: signedIn });
  expect(seen.filter(({ path }) => path.startsWith("/auth"))).toHaveLength(1);
});

test("who is not signed in gets nothing", async () => {
  expect((await fetch(address + PROFILES)).status).toBe(401);
  behave = () => ({ status: 401, body: {} });
  expect((await fetch(address + PROFILES, { headers: signedIn })).status).toBe(401);
  behave = () => ({ status: 500, body: {} });
  expect((await fetch(address + PROFILES, { headers: signedIn })).status).toBe(502);
  expect(seen.some(({ path }) => path.startsWith("/api/"))).toBe(false);
});

test("an answer that names nobody, or sends elsewhere, signs nobody in", async () => {
  behave = () => ({ status: 200, body: {} });
  expect((await fetch(address + PROFILES, { headers: signedIn })).status).toBe(401);
  behave = (path) =>
    path.startsWith("/auth")
      ? { status: 302, body: {}, headers: { location: "/elsewhere" } }
      : { status: 200, body: { id: "u" } };
  expect((await fetch(address + PROFILES, { headers: signedIn })).status).toBe(502);
  expect(seen.some(({ path }) => path.startsWith("/api/"))).toBe(false);
});

test("a rate limit is passed on with its time; a refused key is our trouble, not the caller's", async () => {
  behave = (path) =>
    path.startsWith("/auth")
      ? { status: 200, body: { id: "u" } }
      : { status: 429, body: {}, headers: { "retry-after": "3" } };
  const limited = await fetch(address + PROFILES, { headers: signedIn });
  expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "3"]);
  behave = (path) => ({ status: path.startsWith("/auth") ? 200 : 401, body: {} });
  expect((await fetch(address + PROFILES, { headers: signedIn })).status).toBe(502);
});

test("only known addresses of Pulse are passed on", async () => {
  for (const path of ["/api/pulse/webhooks", "/api/pulse/contacts/../admin", "/api/pulse/contacts/1/delete"]) {
    expect((await fetch(address + path, { headers: signedIn })).status).toBe(404);
  }
  expect(seen).toEqual([]);
});

test("the switches close the door", async () => {
  const ask = async (path: string) => (await fetch(address + path, { headers: signedIn })).status;
  const insights = "/api/pulse/contacts/pp_1/ai-insights";
  expect(await ask(insights)).toBe(403);
  vi.stubEnv("VITE_PULSE_ENABLE_AI_INSIGHTS", "true");
  expect(await ask(insights)).toBe(200);
  vi.stubEnv("VITE_EMERGENCY_DISABLE_AI_FEATURES", "true");
  expect([await ask(insights), await ask(PROFILES)]).toEqual([503, 200]);
  vi.stubEnv("VITE_EMERGENCY_DISABLE_PULSE_SYNC", "true");
  expect(await ask(PROFILES)).toBe(503);
});

test("Pulse that is not there is told as such", async () => {
  const before = process.env.VITE_PULSE_API_URL;
  vi.stubEnv("VITE_PULSE_API_URL", "http://127.0.0.1:1");
  const response = await proxyOnVercel(new Request(address + PROFILES, { headers: signedIn }));
  vi.stubEnv("VITE_PULSE_API_URL", before);
  expect(response.status).toBe(502);
});

function delivery(body: string, secret = "webhook-secret", at = Math.floor(Date.now() / 1000)) {
  const headers = { "x-pulse-signature": `t=${at},v1=${sign(secret, at, body)}` };
  return fetch(`${address}/api/pulse/webhook`, { method: "POST", body, headers });
}

test("a signed event is received, a second delivery is recognised", async () => {
  const body = JSON.stringify({ id: `evt_${Date.now()}`, type: "contact.updated" });
  expect(await (await delivery(body)).json()).toMatchObject({ received: true, repeated: false });
  expect(await (await delivery(body)).json()).toMatchObject({ received: true, repeated: true });
});

test("an event without a good signature is refused", async () => {
  const body = JSON.stringify({ id: "evt_1", type: "ping" });
  const now = Math.floor(Date.now() / 1000);
  expect((await delivery(body, "another secret")).status).toBe(401);
  expect((await delivery(body, "webhook-secret", now - 3600)).status).toBe(401);
  expect((await fetch(`${address}/api/pulse/webhook`, { method: "POST", body })).status).toBe(401);
  expect((await delivery("not json")).status).toBe(400);
  expect((await delivery("{}")).status).toBe(400);
  expect((await delivery("x".repeat(300_000))).status).toBe(413);
  expect((await fetch(`${address}/api/pulse/webhook`)).status).toBe(405);
  vi.stubEnv("PULSE_WEBHOOK_SECRET", "");
  const unset = await webhookOnVercel(new Request(`${address}/api/pulse/webhook`, { method: "POST", body }));
  expect(unset.status).toBe(503);
});

test("Netlify runs the same handlers", async () => {
  expect((await onNetlify(new Request(`${address}/config.json`))).status).toBe(200);
  expect((await onNetlify(new Request(`${address}/other`))).status).toBe(404);
});

test("the platforms' files know the same pages as the server", () => {
  const vercel = JSON.parse(readFileSync("vercel.json", "utf8"));
  const pages = vercel.rewrites
    .filter(({ destination }: { destination: string }) => destination === "/index.html")
    .map(({ source }: { source: string }) => source);
  expect(["/", ...pages]).toEqual(APP_ROUTES);
  const netlify = readFileSync("netlify.toml", "utf8");
  const redirects = [...netlify.matchAll(/from = "([^"]+)"\n {2}to = "\/index.html"/g)].map((match) => match[1]);
  expect(["/", ...redirects]).toEqual([...APP_ROUTES, "/*"]);
});

test("an unbuilt application says so", async () => {
  const empty = webServer({ folder: join(folder, "nothing") });
  const response = await fetch(await listening(empty));
  empty.close();
  expect(response.status).toBe(503);
});
