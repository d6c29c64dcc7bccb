import type { Config } from "../config";
import { bucketOf } from "../flags";
import { measure, track } from "./analytics";
import { whenIdle } from "./idle";

/** Whether this visitor is among those whose performance is measured. */
export function isSampled(config: Config, visitor: string): boolean {
  const { enabled, sample_rate } = config.performance;
  return enabled && bucketOf("performance", visitor) < sample_rate * 10_000;
}

/** Sends the web vitals and the load time of this page. */
export async function startWebVitals(config: Config, visitor: string): Promise<void> {
  if (!isSampled(config, visitor)) return;
  const { onCLS, onFCP, onINP, onLCP, onTTFB } = await import("web-vitals");
  await whenIdle();
  for (const observe of [onCLS, onFCP, onINP, onLCP, onTTFB]) {
    observe(({ name, value, rating, id }) => {
      track("web_vital", { metric: name, value: Math.round(value * 1000) / 1000, rating, metric_id: id });
    });
  }
  const [navigation] = performance.getEntriesByType?.("navigation") ?? [];
  if (navigation) measure("page_load", (navigation as PerformanceNavigationTiming).loadEventEnd);
}
