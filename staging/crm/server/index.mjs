import { existsSync } from "node:fs";
import { loadEnvFile } from "node:process";
import { fileURLToPath } from "node:url";
import { log } from "./answers.mjs";
import { webServer } from "./http.mjs";
import { buildOf } from "./settings.mjs";

// Beside a platform that sets the variables, a filled .env.production does; what is set already wins.
const envFile = fileURLToPath(new URL("../.env.production", import.meta.url));
if (existsSync(envFile)) loadEnvFile(envFile);

const port = Number(process.env.PORT ?? 4173);
const host = process.env.HOST ?? "127.0.0.1";
const server = webServer({ folder: fileURLToPath(new URL("../dist", import.meta.url)) });

server.listen(port, host, () => {
  const address = server.address();
  const chosen = typeof address === "object" && address ? address.port : port;
  log("info", "listening", { url: `http://${host}:${chosen}`, ...buildOf(process.env) });
});

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
