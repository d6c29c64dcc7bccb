// Runs chains of supabase-js calls, given as JSON on standard input, and prints their results.
// A chain is a list of [method, ...arguments]; "auth." before a method calls the auth client.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

// Older versions of Node lack what browsers have; nothing here opens a channel.
globalThis.WebSocket ??= class {};
const asked = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(`${asked.modules}/package.json`);
const { createClient } = require("@supabase/supabase-js");
const client = createClient(asked.url, asked.key, {
  auth: { autoRefreshToken: false, persistSession: true },
});

const results = [];
for (const chain of asked.chains) {
  let target = client;
  for (const [method, ...args] of chain) {
    const owner = method.startsWith("auth.") ? client.auth : target;
    target = owner[method.replace("auth.", "")](...args);
  }
  const { data, error, count, status } = await target;
  results.push({ data, error: error && { ...error, message: error.message }, count, status });
}
console.log(JSON.stringify(results));
