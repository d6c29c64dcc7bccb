import { vi } from "vitest";
import { publicConfig } from "../../server/public-config.mjs";
import { configStore, type Config } from "../config";
import type { Card } from "../contacts/contact";
import { COLUMNS } from "../contacts/contact";

export const DATABASE = "https://testproject.supabase.co";
export const USER_ID = "11111111-1111-4111-8111-111111111111";
export const SESSION_KEY = "sb-testproject-auth-token";

/** The platform's variables with everything switched on. */
export const ENVIRONMENT: Record<string, string> = {
  RELEASE: "logos-vision-crm@test",
  COMMIT_SHA: "0123456789abcdef",
  VITE_SUPABASE_URL: DATABASE,
  VITE_SUPABASE_ANON_KEY: "anon-key",
  VITE_FEATURE_CONTACTS_REDESIGN: "true",
  VITE_FEATURE_PRIORITIES_FEED: "true",
  VITE_FEATURE_AI_INSIGHTS: "true",
  VITE_FEATURE_RELATIONSHIP_SCORING: "true",
  VITE_FEATURE_BULK_CONTACT_IMPORT: "true",
  VITE_FEATURE_INCREMENTAL_SYNC: "true",
  VITE_PULSE_SYNC_ENABLED: "true",
  VITE_PULSE_ENABLE_AUTO_SYNC: "true",
  VITE_PULSE_ENABLE_AI_INSIGHTS: "true",
  VITE_ROLLOUT_PERCENTAGE: "100",
  VITE_DEFAULT_TIMEZONE: "America/New_York",
};

export function configOf(change: Record<string, string> = {}): Config {
  return publicConfig({ ...ENVIRONMENT, ...change });
}

export interface Asked {
  method: string;
  path: string;
  url: URL;
  headers: Headers;
  body: unknown;
}

type Answer = Response | object | unknown[] | undefined;
type Handler = (asked: Asked) => Answer | Promise<Answer>;

/** A JSON answer. */
export function answer(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

/** The services around the page, as far as a test needs them. */
export class World {
  readonly asked: Asked[] = [];
  #handlers = new Map<string, Handler>();

  constructor(change: Record<string, string> = {}) {
    this.configure(change);
    this.on("GET /auth/v1/user", () => ({ id: USER_ID, email: "ada@example.org" }));
    this.on("POST /auth/v1/logout", () => new Response(null, { status: 204 }));
    this.on("GET /rest/v1/contact_directory", () => []);
    this.on("GET /rest/v1/organizations", () => []);
    this.on("GET /rest/v1/donor_stage_totals", () => []);
    this.on("GET /rest/v1/contact_donations", () => []);
    this.on("GET /rest/v1/staff_members", () => [{ role: "admin" }]);
    vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) => this.#fetch(input, init));
  }

  configure(change: Record<string, string>): void {
    this.on("GET /config.json", () => configOf(change));
  }

  on(what: string, handler: Handler): this {
    this.#handlers.set(what, handler);
    return this;
  }

  /** What was asked of *what*, oldest first. */
  of(what: string): Asked[] {
    return this.asked.filter(({ method, path }) => `${method} ${path}` === what);
  }

  /** A page of rows with its total, as PostgREST gives it. */
  static rows(rows: object[], total = rows.length): Response {
    const range = rows.length > 0 ? `0-${rows.length - 1}/${total}` : `*/${total}`;
    return answer(rows, 200, { "content-range": range });
  }

  async #fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(new URL(input instanceof Request ? input.url : input, "https://crm.test"), init);
    const url = new URL(request.url);
    const text = await request.text();
    const asked: Asked = {
      method: request.method,
      path: url.pathname,
      url,
      headers: request.headers,
      body: text ? JSON.parse(text) : undefined,
    };
    this.asked.push(asked);
    const handler = this.#handlers.get(`${asked.method} ${asked.path}`);
    if (!handler) throw new TypeError(`nobody answers ${asked.method} ${asked.path}`);
    const given = await handler(asked);
    return given instanceof Response ? given : answer(given ?? []);
  }
}

/** A session as the client keeps it in this browser. */
export function session(): object {
  const part = (value: object) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  const expiresAt = Math.floor(Date.now() / 1000) + 3600;
  return {
    access_token: `${part({ alg: "HS256" })}.${part({ sub: USER_ID, exp: expiresAt })}.c2lnbmF0dXJl`,
    refresh_token: "refresh",
    token_type: "bearer",
    expires_in: 3600,
    expires_at: expiresAt,
    user: { id: USER_ID, email: "ada@example.org", aud: "authenticated", app_metadata: {}, user_metadata: {} },
  };
}

export function keepSession(): void {
  localStorage.setItem(SESSION_KEY, JSON.stringify(session()));
}

/** Loads the configuration as the page does at its start. */
export async function loadConfig(): Promise<Config> {
  return configStore.refresh();
}

let made = 0;

/** A contact with every column. */
export function contact(change: Partial<Card> = {}): Card {
  made += 1;
  const empty = Object.fromEntries(COLUMNS.split(",").map((column) => [column, null]));
  return {
    ...empty,
    id: `00000000-0000-4000-8000-${String(made).padStart(12, "0")}`,
    name: `Person ${made}`,
    type: "donor",
    total_interactions: 3,
    pulse_tags: [],
    is_favorite: false,
    is_blocked: false,
    is_vip: false,
    is_active: true,
    do_not_call: false,
    do_not_email: false,
    do_not_mail: false,
    pulse_sync_status: "synced",
    company: null,
    ...change,
  } as Card;
}
