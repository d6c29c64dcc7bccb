import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

configure({ asyncUtilTimeout: 10_000 });

// Node's own tests (server, scripts) run without a page.
if (typeof window !== "undefined") {
  window.scrollTo = () => {};
  afterEach(() => {
    cleanup();
    localStorage.clear();
    history.replaceState(null, "", "/");
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
