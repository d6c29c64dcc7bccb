import { supabase } from "../supabase";

/** A profile as Pulse describes it; most fields may be missing. */
export interface PulseProfile {
  id: string;
  canonical_email?: string | null;
  display_name?: string | null;
  first_name?: string | null;
  last_name?: string | null;
  phone_number?: string | null;
  company?: string | null;
  title?: string | null;
  relationship_score?: number | null;
  relationship_trend?: string | null;
  total_interactions?: number | null;
  last_interaction_date?: string | null;
  communication_frequency?: string | null;
  preferred_channel?: string | null;
  tags?: string[] | null;
  notes?: string | null;
  is_favorite?: boolean | null;
  is_blocked?: boolean | null;
  created_at?: string | null;
  updated_at?: string | null;
}

export interface ProfilePage {
  profiles: PulseProfile[];
  total: number;
  hasMore: boolean;
  /** The server's clock when it answered: the browser's may be wrong. */
  answeredAt: Date;
}

export interface PulseInteraction {
  id: string;
  type?: string | null;
  interaction_type?: string | null;
  date?: string | null;
  interaction_date?: string | null;
  subject?: string | null;
  snippet?: string | null;
}

export class PulseError extends Error {
  override name = "PulseError";

  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export type Wait = (milliseconds: number) => Promise<void>;
export type OnWait = (seconds: number) => void;

const MOST_TRIES = 5;
const LONGEST_WAIT_S = 300;
const DEFAULT_WAIT_S = 5;

export const wait: Wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Seconds that a Retry-After header asks for: a number, or a date. */
export function retryAfterSeconds(header: string | null, now: number): number {
  if (header === null || header.trim() === "") return DEFAULT_WAIT_S;
  const seconds = Number(header);
  const asked = Number.isFinite(seconds) ? seconds : (Date.parse(header) - now) / 1000;
  if (!Number.isFinite(asked)) return DEFAULT_WAIT_S;
  return Math.min(LONGEST_WAIT_S, Math.max(0, Math.ceil(asked)));
}

/** Asks Pulse through our server part, which adds the key. Waits as long as Pulse tells it to. */
export class PulseApi {
  constructor(
    private readonly pause: Wait = wait,
    private readonly token: () => Promise<string> = sessionToken,
  ) {}

  /** One page of profiles, oldest first. */
  async profiles(
    query: { limit: number; offset: number; modifiedSince?: Date },
    onWait?: OnWait,
  ): Promise<ProfilePage> {
    const search = new URLSearchParams({
      limit: String(query.limit),
      offset: String(query.offset),
      include_annotations: "true",
    });
    if (query.modifiedSince) search.set("modified_since", query.modifiedSince.toISOString());
    const response = await this.ask(`contacts/relationship-profiles?${search}`, onWait);
    const body = await response.json();
    if (!Array.isArray(body?.data) || typeof body?.pagination?.total !== "number") {
      throw new PulseError("Pulse answered with something that is no page of profiles", response.status);
    }
    const date = Date.parse(response.headers.get("date") ?? "");
    return {
      profiles: body.data,
      total: body.pagination.total,
      hasMore: Boolean(body.pagination.has_more),
      answeredAt: new Date(Number.isNaN(date) ? Date.now() : date),
    };
  }

  /** The newest interactions with a person. */
  async interactions(profileId: string): Promise<PulseInteraction[]> {
    const response = await this.ask(`contacts/${encodeURIComponent(profileId)}/interactions?limit=8`);
    const body = await response.json();
    return Array.isArray(body?.data) ? body.data : [];
  }

  /** What Pulse's AI has to say about a person, as plain lines. */
  async insights(profileId: string): Promise<string[]> {
    const response = await this.ask(`contacts/${encodeURIComponent(profileId)}/ai-insights`);
    const body = await response.json();
    return linesOf(body?.data ?? body);
  }

  private async ask(path: string, onWait?: OnWait): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(`/api/pulse/${path}`, {
        headers: { authorization: `Bearer ${await this.token()}` },
      });
      if (response.ok) return response;
      if (response.status !== 429 || attempt === MOST_TRIES) {
        throw new PulseError(await messageOf(response), response.status);
      }
      const seconds = retryAfterSeconds(response.headers.get("retry-after"), Date.now());
      onWait?.(seconds);
      await this.pause(seconds * 1000);
    }
  }
}

async function sessionToken(): Promise<string> {
  const client = await supabase();
  const { data } = await client.auth.getSession();
  if (!data.session) throw new PulseError("Sign in first", 401);
  return data.session.access_token;
}

async function messageOf(response: Response): Promise<string> {
  const body = await response.json().catch(() => undefined);
  const said = body?.error?.message ?? body?.message;
  return `Pulse answered ${response.status}${typeof said === "string" ? `: ${said}` : ""}`;
}

function linesOf(value: unknown): string[] {
  if (typeof value === "string") return value.trim() ? [value.trim()] : [];
  if (Array.isArray(value)) return value.flatMap(linesOf);
  if (value && typeof value === "object") {
    const { summary, insights, recommendations, text, title, description } = value as Record<string, unknown>;
    return [summary, insights, recommendations, text, title, description].flatMap(linesOf);
  }
  return [];
}
