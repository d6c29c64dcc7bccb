/** The columns of the baseline; the classic page knows no others. */
export const CLASSIC_COLUMNS =
  "id,name,first_name,last_name,email,phone,address,city,state,zip_code,type,donor_stage,engagement_score,total_lifetime_giving,last_gift_date,notes,preferred_contact_method,do_not_email,do_not_call,do_not_mail,is_active";

/** With the columns of migration 001. */
export const COLUMNS = `${CLASSIC_COLUMNS},pulse_profile_id,relationship_score,relationship_trend,last_interaction_date,total_interactions,preferred_channel,communication_frequency,pulse_tags,pulse_notes,is_favorite,is_blocked,is_vip,pulse_last_synced_at,pulse_sync_status,pulse_sync_error`;

export const TRENDS = ["rising", "stable", "falling", "dormant", "new"] as const;
export type Trend = (typeof TRENDS)[number];

export interface ClassicContact {
  id: string;
  name: string;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  phone: string | null;
  address: string | null;
  city: string | null;
  state: string | null;
  zip_code: string | null;
  type: string;
  donor_stage: string | null;
  engagement_score: string | null;
  total_lifetime_giving: number | null;
  last_gift_date: string | null;
  notes: string | null;
  preferred_contact_method: string | null;
  do_not_email: boolean;
  do_not_call: boolean;
  do_not_mail: boolean;
  is_active: boolean;
}

export interface Contact extends ClassicContact {
  pulse_profile_id: string | null;
  relationship_score: number | null;
  relationship_trend: Trend | null;
  last_interaction_date: string | null;
  total_interactions: number;
  preferred_channel: string | null;
  communication_frequency: string | null;
  pulse_tags: string[];
  pulse_notes: string | null;
  is_favorite: boolean;
  is_blocked: boolean;
  is_vip: boolean;
  pulse_last_synced_at: string | null;
  pulse_sync_status: string;
  pulse_sync_error: string | null;
}

export interface Card extends Contact {
  company: string | null;
}

export interface Donation {
  id: number;
  amount: number;
  currency: string;
  donated_at: string;
  method: string;
}

/** Bands of the relationship score, both ends included. */
export const SCORE_BANDS = [
  { id: "strong", label: "Strong (70–100)", least: 70, most: 100 },
  { id: "fair", label: "Fair (40–69)", least: 40, most: 69 },
  { id: "weak", label: "Weak (0–39)", least: 0, most: 39 },
] as const;

export type ScoreBand = (typeof SCORE_BANDS)[number]["id"];

/** The band a score falls into; nothing without a score. */
export function bandOf(score: number | null): ScoreBand | undefined {
  return SCORE_BANDS.find((band) => score !== null && score >= band.least && score <= band.most)?.id;
}

/** The name of a card's button. */
export function cardLabel(contact: Pick<Contact, "name" | "relationship_score">, withScore: boolean): string {
  const name = `View profile for ${contact.name}`;
  if (!withScore) return name;
  return `${name}, relationship score ${contact.relationship_score ?? "not known"}`;
}

/** Up to two letters that stand for a name; any script. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => Array.from(word ?? "")[0]?.toUpperCase() ?? "").join("");
}
