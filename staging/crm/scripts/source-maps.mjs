/**
 * Runs after the build. The source maps leave dist/ in every case, so that they are never published.
 * Where SENTRY_AUTH_TOKEN and SENTRY_URL are set, they are uploaded to Sentry under the name of the
 * release; if that fails, the build fails. With --upload, nothing but the upload is done, for a build
 * that was made before.
 */
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const NOT_SET = "SENTRY_AUTH_TOKEN or SENTRY_URL is not set";

/**
 * Moves the maps from *assets* to *kept* and returns their names.
 * @param {string} assets
 * @param {string} kept
 */
export async function takeOut(assets, kept) {
  await rm(kept, { recursive: true, force: true });
  await mkdir(kept, { recursive: true });
  const names = (await readdir(assets)).filter((name) => name.endsWith(".map"));
  for (const name of names) await rename(join(assets, name), join(kept, name));
  return names;
}

/**
 * Uploads scripts and maps as files of the release.
 * @param {{ url: string, token: string, organization: string, project: string, release: string }} sentry
 * @param {{ name: string, content: Buffer }[]} files
 */
export async function upload(sentry, files) {
  const api = `${sentry.url.replace(/\/+$/, "")}/api/0`;
  const headers = { authorization: `Bearer ${sentry.token}` };
  const created = await fetch(`${api}/organizations/${sentry.organization}/releases/`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ version: sentry.release, projects: [sentry.project] }),
  });
  if (!created.ok) throw new Error(`Sentry refused the release: HTTP ${created.status}`);

  const release = encodeURIComponent(sentry.release);
  const address = `${api}/projects/${sentry.organization}/${sentry.project}/releases/${release}/files/`;
  for (const { name, content } of files) {
    const form = new FormData();
    form.set("name", `~/assets/${name}`);
    // The scripts do not name their maps, so that browsers do not look for them; Sentry must know.
    if (!name.endsWith(".map")) form.set("header", `Sourcemap:${name}.map`);
    form.set("file", new Blob([new Uint8Array(content)]), name);
    const stored = await fetch(address, { method: "POST", headers, body: form });
    const isThereAlready = stored.status === 409;
    if (!stored.ok && !isThereAlready) throw new Error(`Sentry refused ${name}: HTTP ${stored.status}`);
  }
}

/**
 * Uploads the maps that a build kept, with their scripts.
 * @param {string} root
 * @param {Record<string, string | undefined>} env
 */
export async function uploadKept(root, env) {
  if (!env.SENTRY_AUTH_TOKEN || !env.SENTRY_URL) throw new Error(NOT_SET);
  const kept = join(root, "source-maps");
  const maps = (await readdir(kept)).filter((name) => name.endsWith(".map"));
  if (maps.length === 0) throw new Error("there are no source maps in source-maps/");
  const files = await Promise.all(
    maps.flatMap((map) => {
      const script = map.replace(/\.map$/, "");
      return [
        readFile(join(root, "dist/assets", script)).then((content) => ({ name: script, content })),
        readFile(join(kept, map)).then((content) => ({ name: map, content })),
      ];
    }),
  );
  const sentry = {
    url: env.SENTRY_URL,
    token: env.SENTRY_AUTH_TOKEN,
    organization: env.SENTRY_ORG || "logos-vision",
    project: env.SENTRY_PROJECT || "logos-vision-crm",
    release: env.RELEASE || "logos-vision-crm@1.0.0",
  };
  await upload(sentry, files);
  return `${maps.length} source maps uploaded to Sentry for ${sentry.release}, none published`;
}

/**
 * @param {string} root
 * @param {Record<string, string | undefined>} env
 */
export async function main(root, env) {
  const maps = await takeOut(join(root, "dist/assets"), join(root, "source-maps"));
  if (maps.length === 0) throw new Error("the build made no source maps");
  if (!env.SENTRY_AUTH_TOKEN || !env.SENTRY_URL) {
    return `${maps.length} source maps kept in source-maps/, none uploaded: ${NOT_SET}`;
  }
  return uploadKept(root, env);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const run = process.argv[2] === "--upload" ? uploadKept : main;
  console.log(await run(fileURLToPath(new URL("..", import.meta.url)), process.env));
}
