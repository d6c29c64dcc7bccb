import { TRENDS, type Trend } from "../contacts/contact";
import type { PulseProfile } from "./pulse-api";

const DAY_MS = 86_400_000;
const DORMANT_AFTER_DAYS = 180;
const NEW_FOR_DAYS = 30;
const NOTICEABLE_CHANGE = 5;

/** What a contact in our database already says about the relationship. */
export interface KnownContact {
  id: string;
  name: string;
  email: string | null;
  relationship_score: number | null;
  relationship_trend: Trend | null;
  pulse_profile_id: string | null;
  pulse_last_synced_at: string | null;
}

/** The part of a contact that Pulse decides. */
export interface PulseFields {
  pulse_profile_id: string;
  relationship_score: number | null;
  relationship_trend: Trend;
  last_interaction_date: string | null;
  total_interactions: number;
  preferred_channel: string | null;
  communication_frequency: string | null;
  pulse_tags: string[];
  pulse_notes: string | null;
  is_favorite: boolean;
  is_blocked: boolean;
  pulse_last_synced_at: string;
  pulse_sync_status: "synced";
  pulse_sync_error: null;
}

/** An address as it is compared; nothing where there is none. */
export function emailKey(email: string | null | undefined): string | undefined {
  return email?.trim().toLowerCase() || undefined;
}

/** The name a contact gets; nothing where the profile tells none. */
export function nameOf(profile: PulseProfile): string | undefined {
  const parts = [profile.first_name, profile.last_name].map((part) => part?.trim()).filter(Boolean);
  const candidates = [profile.display_name?.trim(), parts.join(" "), profile.canonical_email?.trim()];
  return candidates.find(Boolean);
}

/**
 * The direction of a relationship, as Pulse says it. Where it does not, it gives the score of today; the direction is how it moved since
 * the last synchronisation: by five points or more it rises or falls. Half a year of silence is dormant,
 * a profile of the last 30 days without an earlier score is new.
 */
export function trendOf(profile: PulseProfile, known: KnownContact | undefined, now: Date): Trend {
  const given = TRENDS.find((trend) => trend === profile.relationship_trend);
  if (given) return given;
  const age = (date: string | null | undefined) =>
    date ? (now.getTime() - Date.parse(date)) / DAY_MS : Number.POSITIVE_INFINITY;
  const before = known?.relationship_score ?? null;
  const score = profile.relationship_score ?? null;
  if (before === null && age(profile.created_at) <= NEW_FOR_DAYS) return "new";
  if (age(profile.last_interaction_date) > DORMANT_AFTER_DAYS) return "dormant";
  if (before === null || score === null) return "stable";
  if (score - before >= NOTICEABLE_CHANGE) return "rising";
  if (before - score >= NOTICEABLE_CHANGE) return "falling";
  // An unchanged score does not undo what was seen before.
  const kept = known?.relationship_trend;
  return score === before && (kept === "rising" || kept === "falling") ? kept : "stable";
}

/** What Pulse decides, for a contact that is there already or not. */
export function pulseFields(profile: PulseProfile, known: KnownContact | undefined, now: Date): PulseFields {
  return {
    pulse_profile_id: profile.id,
    relationship_score: profile.relationship_score ?? null,
    relationship_trend: trendOf(profile, known, now),
    last_interaction_date: profile.last_interaction_date ?? null,
    total_interactions: profile.total_interactions ?? 0,
    preferred_channel: profile.preferred_channel ?? null,
    communication_frequency: profile.communication_frequency ?? null,
    pulse_tags: profile.tags ?? [],
    pulse_notes: profile.notes ?? null,
    is_favorite: profile.is_favorite ?? false,
    is_blocked: profile.is_blocked ?? false,
    pulse_last_synced_at: now.toISOString(),
    pulse_sync_status: "synced",
    pulse_sync_error: null,
  };
}

/** A fingerprint of a profile, to see later whether it changed (53 bits, cyrb53 by bryc). */
export function hashOf(profile: PulseProfile): string {
  const text = JSON.stringify(Object.entries(profile).sort(([a], [b]) => (a < b ? -1 : 1)));
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(16).padStart(14, "0");
}
