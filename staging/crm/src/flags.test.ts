import { expect, test } from "vitest";
import { bucketOf, contactsVariant, experimentGroup, isAiOn, isInRollout, pulseObjection } from "./flags";
import { configOf } from "./testing/world";

const IDENTITIES = Array.from({ length: 4000 }, (_, index) => `user-${index}`);

test.each([0, 10, 50, 100])("about %i percent are in", (percentage) => {
  const inside = IDENTITIES.filter((id) => isInRollout("f", id, percentage)).length / IDENTITIES.length;
  expect(Math.abs(inside - percentage / 100)).toBeLessThan(percentage % 100 === 0 ? 1e-9 : 0.025);
});

test("who is in stays in when the percentage grows", () => {
  const inside = (percentage: number) => IDENTITIES.filter((id) => isInRollout("f", id, percentage));
  const more = new Set(inside(50));
  expect(inside(10).every((id) => more.has(id))).toBe(true);
});

test("a bucket is sticky, and another flag's bucket is another", () => {
  expect(bucketOf("f", "someone")).toBe(bucketOf("f", "someone"));
  expect(IDENTITIES.filter((id) => bucketOf("f", id) === bucketOf("g", id)).length).toBeLessThan(20);
});

test("the kill switch goes before the flag, the flag before the rollout", () => {
  expect(contactsVariant(configOf(), "a")).toBe("redesign");
  expect(contactsVariant(configOf({ VITE_ROLLOUT_PERCENTAGE: "0" }), "a")).toBe("classic");
  expect(contactsVariant(configOf({ VITE_FEATURE_CONTACTS_REDESIGN: "false" }), "a")).toBe("classic");
  expect(contactsVariant(configOf({ VITE_EMERGENCY_DISABLE_CONTACTS: "true" }), "a")).toBe("unavailable");
});

test("the experiment's group follows the page", () => {
  const on = { VITE_ENABLE_AB_TESTING: "true" };
  expect(experimentGroup(configOf(on), "a")).toBe("treatment");
  expect(experimentGroup(configOf({ ...on, VITE_ROLLOUT_PERCENTAGE: "0" }), "a")).toBe("control");
  expect(experimentGroup(configOf(), "a")).toBe("control");
});

test("the AI parts and Pulse have their own switches", () => {
  expect(isAiOn(configOf())).toBe(true);
  expect(isAiOn(configOf({ VITE_EMERGENCY_DISABLE_AI_FEATURES: "true" }))).toBe(false);
  expect(pulseObjection(configOf())).toBeUndefined();
  expect(pulseObjection(configOf({ VITE_PULSE_SYNC_ENABLED: "false" }))).toContain("switched off");
  expect(pulseObjection(configOf({ VITE_EMERGENCY_DISABLE_PULSE_SYNC: "true" }))).toContain("emergency");
});
