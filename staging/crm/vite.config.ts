import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:4173";

export default defineConfig({
  esbuild: { jsx: "automatic" },
  build: { target: "es2022", sourcemap: "hidden", cssMinify: true, modulePreload: { polyfill: false } },
  // In development the page comes from Vite and everything else from `npm start`.
  server: { proxy: { "/config.json": server, "/health": server, "/api": server } },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    // Generous, for machines that do other things as well.
    testTimeout: 30_000,
    coverage: {
      provider: "v8",
      include: ["src/**", "server/**", "api/**", "netlify/**", "scripts/**", "app-routes.mjs"],
      exclude: ["**/*.test.*", "src/testing/**", "**/*.css", "**/*.d.ts"],
      reporter: ["text", "json-summary", "json", "lcov"],
      thresholds: { lines: 80, statements: 80, functions: 80, branches: 80 },
    },
  },
});
