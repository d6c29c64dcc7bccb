import type { Config } from "./config";

const BUCKETS = 10_000;

/**
 * The bucket of an identity, 0 to 9,999: the same on every device and every day.
 *
 * FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) with the final mix of MurmurHash3: identities
 * that differ in their last character alone must not fall into neighbouring buckets.
 */
export function bucketOf(flag: string, identity: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${flag}:${identity}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return hash % BUCKETS;
}

/**
 * Whether an identity belongs to the first *percentage* of all. Who is in at 10 % is in at 50 %, too.
 */
export function isInRollout(flag: string, identity: string, percentage: number): boolean {
  return bucketOf(flag, identity) < (percentage / 100) * BUCKETS;
}

export type ContactsVariant = "redesign" | "classic" | "unavailable";

/** Which contacts page somebody sees: the kill switch first, then the flag, then the rollout. */
export function contactsVariant(config: Config, identity: string): ContactsVariant {
  if (config.emergency.disable_contacts) return "unavailable";
  const isIn = isInRollout("contacts_redesign", identity, config.rollout.percentage);
  return config.flags.contacts_redesign && isIn ? "redesign" : "classic";
}

/** The label of the experiment's group, as the analytics report it. */
export function experimentGroup(config: Config, identity: string): string {
  if (!config.rollout.ab_testing) return config.rollout.ab_test_variant;
  return contactsVariant(config, identity) === "redesign" ? "treatment" : "control";
}

/** Whether the AI parts may show. */
export function isAiOn(config: Config): boolean {
  return config.flags.ai_insights && config.pulse.ai_insights && !config.emergency.disable_ai_features;
}

/** Why Pulse may not be asked, or nothing. */
export function pulseObjection(config: Config): string | undefined {
  if (config.emergency.disable_pulse_sync) return "Pulse sync is switched off by the emergency switch";
  if (!config.pulse.sync_enabled) return "Pulse sync is switched off";
  return undefined;
}
