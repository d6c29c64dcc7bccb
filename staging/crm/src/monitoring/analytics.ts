import type { PostHog } from "posthog-js/dist/module.slim.no-external";
import type { Config } from "../config";
import { contactsVariant, experimentGroup } from "../flags";
import { whenIdle } from "./idle";

/** What the product counts; described in deployment/MONITORING_SETUP_GUIDE.md. */
export type ProductEvent =
  | "$pageview"
  | "signed_in"
  | "signed_out"
  | "contact_viewed"
  | "contact_searched"
  | "contacts_filtered"
  | "contact_action_completed"
  | "pulse_import_started"
  | "pulse_import_completed"
  | "pulse_sync_completed"
  | "web_vital"
  | "performance_metric";

type Properties = Record<string, string | number | boolean>;

let posthog: PostHog | undefined;
let early: { event: ProductEvent; properties: Properties }[] = [];
let isOff = false;
let person: string | undefined;

/** Loads PostHog; where analytics are off, nothing is loaded and nothing is kept. */
export async function startAnalytics(config: Config, visitor: string): Promise<void> {
  const { enabled, posthog_key: key, posthog_host: host } = config.analytics;
  if (!enabled || !key || !host) {
    isOff = true;
    early = [];
    return;
  }
  // This build loads no further scripts, so the page's content security policy can forbid them.
  const { default: loaded } = await import("posthog-js/dist/module.slim.no-external");
  await whenIdle();
  loaded.init(key, {
    api_host: host,
    bootstrap: { distinctID: visitor },
    persistence: "localStorage",
    person_profiles: "identified_only",
    // The router counts the pages: see PageViews.tsx.
    capture_pageview: false,
    capture_pageleave: true,
    autocapture: false,
    disable_session_recording: true,
    disable_surveys: true,
    advanced_disable_flags: true,
  });
  posthog = loaded;
  describe(config, person ?? visitor);
  if (person) loaded.identify(person);
  const kept = early;
  early = [];
  for (const { event, properties } of kept) loaded.capture(event, properties);
}

/** Counts an event. */
export function track(event: ProductEvent, properties: Properties = {}): void {
  if (posthog) posthog.capture(event, properties);
  else if (!isOff) early.push({ event, properties });
}

/** A performance figure of our own. */
export function measure(metric: string, milliseconds: number, properties: Properties = {}): void {
  track("performance_metric", { metric, value: Math.round(milliseconds), unit: "ms", ...properties });
}

/** Ties what follows to the person who signed in, or to nobody after sign-out. */
export function identifyForAnalytics(config: Config, userId: string | undefined): void {
  if (!userId && person) posthog?.reset();
  person = userId;
  if (!userId) return;
  posthog?.identify(userId);
  describe(config, userId);
}

function describe(config: Config, identity: string): void {
  posthog?.register({
    release: config.release,
    contacts_variant: contactsVariant(config, identity),
    ab_test_group: experimentGroup(config, identity),
  });
}
