// @vitest-environment node
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { main, uploadKept } from "./source-maps.mjs";

let root: string;
const sentry = { SENTRY_URL: "https://sentry.test/", SENTRY_AUTH_TOKEN: "token", RELEASE: "crm@1" };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "build-"));
  mkdirSync(join(root, "dist/assets"), { recursive: true });
  writeFileSync(join(root, "dist/assets/app-1.js"), "1");
  writeFileSync(join(root, "dist/assets/app-1.js.map"), "{}");
});
afterEach(() => rmSync(root, { recursive: true }));

test("the maps leave the build even where nothing is uploaded", async () => {
  expect(await main(root, {})).toContain("none uploaded");
  expect(readdirSync(join(root, "dist/assets"))).toEqual(["app-1.js"]);
  expect(existsSync(join(root, "source-maps/app-1.js.map"))).toBe(true);
});

test("scripts and maps are uploaded under the release", async () => {
  const asked: { url: string; name: FormDataEntryValue | null }[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push({ url, name: init.body instanceof FormData ? init.body.get("name") : null });
    return new Response("{}", { status: asked.length === 3 ? 409 : 201 });
  });
  expect(await main(root, sentry)).toContain("1 source maps uploaded to Sentry for crm@1");
  expect(asked).toEqual([
    { url: "https://sentry.test/api/0/organizations/logos-vision/releases/", name: null },
    ...["~/assets/app-1.js", "~/assets/app-1.js.map"].map((name) => ({
      url: "https://sentry.test/api/0/projects/logos-vision/logos-vision-crm/releases/crm%401/files/",
      name,
    })),
  ]);
});

test.each([1, 2])("a refused request %i fails the build, and the maps are gone all the same", async (refused) => {
  let count = 0;
  vi.stubGlobal("fetch", async () => new Response("{}", { status: ++count === refused ? 403 : 201 }));
  await expect(main(root, sentry)).rejects.toThrow("Sentry refused");
  expect(readdirSync(join(root, "dist/assets"))).toEqual(["app-1.js"]);
});

test("a build without maps is an error", async () => {
  rmSync(join(root, "dist/assets/app-1.js.map"));
  await expect(main(root, {})).rejects.toThrow("no source maps");
});

test("the maps of an earlier build are uploaded; without any, or without Sentry, that is an error", async () => {
  const names: FormDataEntryValue[] = [];
  vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
    if (init.body instanceof FormData) names.push(...init.body.getAll("name"));
    return new Response("{}", { status: 201 });
  });
  await main(root, {});
  expect(await uploadKept(root, sentry)).toContain("1 source maps uploaded to Sentry for crm@1");
  expect(names).toEqual(["~/assets/app-1.js", "~/assets/app-1.js.map"]);
  await expect(uploadKept(root, {})).rejects.toThrow("not set");
  rmSync(join(root, "source-maps/app-1.js.map"));
  await expect(uploadKept(root, sentry)).rejects.toThrow("no source maps");
});
