import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { configStore } from "../config";
import { DataError } from "../supabase";
import { answer, loadConfig, World } from "../testing/world";
import { BATCH_SIZE, ContactImport, type ImportProgress } from "./contact-import";
import type { ChangedContact, ContactStore, Employment, Mapping, NewContact } from "./contact-store";
import { emailKey, hashOf, nameOf, trendOf, type KnownContact } from "./profile-to-contact";
import { PulseApi, PulseError, retryAfterSeconds, type PulseProfile } from "./pulse-api";
import { PulseSyncService } from "./pulse-sync-service";

const NOW = new Date("2026-03-01T12:00:00Z");
const refused = (message: string, code: string) => new DataError("not written", { message, code });

type Stored = KnownContact & Partial<Omit<NewContact, keyof KnownContact>>;

/** Contacts and mappings in memory, with the rules of the database. */
class MemoryStore implements ContactStore {
  contacts = new Map<string, Stored>();
  mappings = new Map<string, Mapping>();
  employments: Employment[] = [];
  failures = new Map<string, string>();
  refuse: (name: string) => DataError | undefined = () => undefined;
  newest: Date | undefined;

  async mapped(ids: string[]) {
    const found = [...this.mappings.values()].filter((mapping) => ids.includes(mapping.pulse_entity_id));
    return new Map(found.map((mapping) => [mapping.pulse_entity_id, mapping.lv_entity_id]));
  }
  async byIds(ids: string[]) {
    return ids.flatMap((id) => this.contacts.get(id) ?? []);
  }
  async byEmails(emails: string[]) {
    return [...this.contacts.values()].filter(({ email }) => emails.includes(emailKey(email) ?? "-"));
  }
  async insert(rows: NewContact[]) {
    this.#check(rows);
    for (const row of rows) this.contacts.set(row.id, row);
  }
  async update(rows: ChangedContact[]) {
    this.#check(rows);
    for (const row of rows) this.contacts.set(row.id, { ...this.contacts.get(row.id), ...row } as Stored);
  }
  async map(mappings: Mapping[]) {
    for (const mapping of mappings) this.mappings.set(mapping.lv_entity_id, mapping);
  }
  async employ(people: Employment[]) {
    this.employments.push(...people);
  }
  async markFailed(id: string, message: string) {
    this.failures.set(id, message);
  }
  async newestSync() {
    return this.newest;
  }
  #check(rows: { name: string }[]) {
    const error = rows.map(({ name }) => this.refuse(name)).find(Boolean);
    if (error) throw error;
  }
}

function profile(number: number, change: Partial<PulseProfile> = {}): PulseProfile {
  return {
    id: `pp_${number}`,
    canonical_email: `person${number}@example.org`,
    display_name: `Person ${number}`,
    relationship_score: number % 101,
    total_interactions: number,
    tags: ["école", "⭐"],
    created_at: "2024-01-01T00:00:00Z",
    updated_at: "2026-02-01T00:00:00Z",
    ...change,
  };
}

function pulse(world: World, profiles: PulseProfile[]): void {
  world.on("GET /api/pulse/contacts/relationship-profiles", ({ url }) => {
    const since = Date.parse(url.searchParams.get("modified_since") ?? "") || 0;
    const found = profiles.filter(({ updated_at }) => !since || Date.parse(updated_at ?? "") > since);
    const offset = Number(url.searchParams.get("offset"));
    const limit = Number(url.searchParams.get("limit"));
    const data = found.slice(offset, offset + limit);
    const pagination = { total: found.length, limit, offset, has_more: offset + limit < found.length };
    return answer({ data, pagination }, 200, { date: NOW.toUTCString() });
  });
}

const pauses: number[] = [];
const api = new PulseApi(
  async (milliseconds) => {
    pauses.push(milliseconds);
  },
  async () => "token",
);

let world: World;
let store: MemoryStore;

beforeEach(async () => {
  world = new World();
  await loadConfig();
  store = new MemoryStore();
  pauses.length = 0;
});

describe("profiles", () => {
  test("names and addresses are found where they are", () => {
    expect(nameOf(profile(1))).toBe("Person 1");
    expect(nameOf({ id: "x", first_name: " Ana ", last_name: "Lima" })).toBe("Ana Lima");
    expect(nameOf({ id: "x", canonical_email: "a@b.org" })).toBe("a@b.org");
    expect(nameOf({ id: "x", display_name: "  " })).toBeUndefined();
    expect(emailKey(" Ana@B.org ")).toBe("ana@b.org");
    expect(emailKey("")).toBeUndefined();
  });

  const known = (score: number | null, trend: KnownContact["relationship_trend"] = null): KnownContact => ({
    id: "c",
    name: "n",
    email: null,
    relationship_score: score,
    relationship_trend: trend,
    pulse_profile_id: null,
    pulse_last_synced_at: null,
  });
  const lately = { last_interaction_date: "2026-02-20T00:00:00Z", created_at: "2024-01-01T00:00:00Z" };

  test.each([
    ["new", { created_at: "2026-02-20T00:00:00Z", relationship_score: 50 }, undefined],
    ["dormant", { relationship_score: 90, last_interaction_date: "2025-06-01T00:00:00Z" }, known(50)],
    ["dormant", { relationship_score: 90 }, known(50)],
    ["stable", { ...lately, relationship_score: 50 }, undefined],
    ["stable", { ...lately, relationship_score: 52 }, known(50, "rising")],
    ["rising", { ...lately, relationship_score: 55 }, known(50)],
    ["falling", { ...lately, relationship_score: 45 }, known(50)],
    ["rising", { ...lately, relationship_score: 50 }, known(50, "rising")],
    ["falling", { ...lately, relationship_trend: "falling", relationship_score: 99 }, known(50)],
  ] as const)("the trend is %s", (expected, fields, before) => {
    expect(trendOf({ id: "p", ...fields }, before, NOW)).toBe(expected);
  });

  test("a fingerprint does not depend on the order of fields", () => {
    expect(hashOf({ id: "a", notes: "x" })).toBe(hashOf({ notes: "x", id: "a" }));
    expect(hashOf({ id: "a", notes: "x" })).not.toBe(hashOf({ id: "a", notes: "y" }));
  });
});

describe("asking Pulse", () => {
  test.each([
    ["7", 7],
    ["0", 0],
    ["99999", 300],
    ["Sun, 01 Mar 2026 12:00:10 GMT", 10],
    ["soon", 5],
    ["", 5],
    [null, 5],
  ])("Retry-After %j is %i seconds", (header, seconds) => {
    expect(retryAfterSeconds(header, NOW.getTime())).toBe(seconds);
  });

  test("waits as long as it is told to, then goes on", async () => {
    let count = 0;
    world.on("GET /api/pulse/contacts/pp_1/interactions", () => {
      count += 1;
      return count < 3 ? answer({}, 429, { "retry-after": "4" }) : answer({ data: [{ id: "i" }] });
    });
    expect(await api.interactions("pp_1")).toEqual([{ id: "i" }]);
    expect(pauses).toEqual([4000, 4000]);
  });

  test("gives up after five tries and says what Pulse said", async () => {
    const refusal = answer({ error: { message: "slow down" } }, 429);
    world.on("GET /api/pulse/contacts/pp_1/ai-insights", () => refusal.clone());
    await expect(api.insights("pp_1")).rejects.toThrow("Pulse answered 429: slow down");
    expect(pauses).toHaveLength(4);
  });

  test("insights become plain lines", async () => {
    world.on("GET /api/pulse/contacts/pp_1/ai-insights", () => ({
      data: { summary: " Close. ", insights: ["Call.", { title: "Gala", text: "" }], confidence: 0.9 },
    }));
    expect(await api.insights("pp_1")).toEqual(["Close.", "Call.", "Gala"]);
  });

  test("something else than a page is an error", async () => {
    world.on("GET /api/pulse/contacts/relationship-profiles", () => ({ hello: 1 }));
    await expect(api.profiles({ limit: 1, offset: 0 })).rejects.toBeInstanceOf(PulseError);
  });

  test("without a session nothing is asked", async () => {
    await expect(new PulseApi().interactions("x")).rejects.toThrow("Sign in first");
  });
});

describe("importing", () => {
  const run = (since?: Date, onProgress?: (progress: ImportProgress) => void) =>
    new ContactImport(api, store, onProgress).run(since);

  test("critical: all profiles arrive, in batches, once", async () => {
    pulse(world, Array.from({ length: 120 }, (_, index) => profile(index)));
    const figures: number[] = [];
    const first = await run(undefined, ({ done }) => figures.push(done));
    expect(first).toMatchObject({ success: true, imported: 120, updated: 0, errors: 0, error_messages: [] });
    expect(figures).toEqual([BATCH_SIZE, 2 * BATCH_SIZE, 120]);
    expect(await run()).toMatchObject({ success: true, imported: 0, updated: 120 });
    expect([store.contacts.size, store.mappings.size]).toEqual([120, 120]);
  });

  test("what Pulse decides is written, unicode too", async () => {
    pulse(world, [profile(7, { notes: "Ü <b>", company: " Blue River ", title: "Director", is_favorite: true })]);
    await run();
    const [contact] = store.contacts.values();
    expect(contact).toMatchObject({
      name: "Person 7",
      email: "person7@example.org",
      pulse_profile_id: "pp_7",
      relationship_score: 7,
      total_interactions: 7,
      pulse_tags: ["école", "⭐"],
      pulse_notes: "Ü <b>",
      is_favorite: true,
      is_blocked: false,
      pulse_last_synced_at: NOW.toISOString(),
      pulse_sync_status: "synced",
    });
    expect(store.employments).toEqual([{ contactId: contact?.id, company: "Blue River", title: "Director" }]);
  });

  test("critical: a contact is found by its address, whatever the letter case, and keeps its name", async () => {
    const there = { ...profile(1), id: "c1", name: "Our name", email: "PERSON1@Example.org" };
    store.contacts.set("c1", there as unknown as Stored);
    pulse(world, [profile(1), profile(2, { canonical_email: null })]);
    expect(await run()).toMatchObject({ imported: 1, updated: 1 });
    expect(store.contacts.get("c1")?.name).toBe("Our name");
    expect(await run()).toMatchObject({ imported: 0, updated: 2 });
  });

  test("of two profiles of one person the later word counts, at every import", async () => {
    const later = profile(1, { updated_at: "2026-02-03T00:00:00Z", notes: "later" });
    const earlier = profile(2, { canonical_email: "PERSON1@EXAMPLE.ORG", notes: "earlier" });
    for (const order of [[later, earlier], [earlier, later]]) {
      store = new MemoryStore();
      pulse(world, order);
      expect(await run()).toMatchObject({ imported: 1, updated: 1 });
      expect(await run()).toMatchObject({ imported: 0, updated: 2 });
      expect([...store.contacts.values()].map(({ pulse_notes }) => pulse_notes)).toEqual(["later"]);
      expect([...store.mappings.values()].map(({ pulse_entity_id }) => pulse_entity_id)).toEqual(["pp_1"]);
    }
  });

  test("a contact that was deleted here comes back under its old id", async () => {
    pulse(world, [profile(1)]);
    await run();
    const [id] = store.contacts.keys();
    store.contacts.clear();
    expect(await run()).toMatchObject({ imported: 1, updated: 0 });
    expect([...store.contacts.keys()]).toEqual([id]);
  });

  test("critical: one bad row costs itself and is reported", async () => {
    pulse(world, [profile(1), profile(2), { id: "pp_9" }]);
    store.refuse = (name) => (name === "Person 2" ? refused("score out of range", "23514") : undefined);
    const result = await run();
    expect(result).toMatchObject({ success: false, imported: 1, updated: 0, errors: 2 });
    expect(result.error_messages.join("; ")).toMatch(/pp_9: no name.*Person 2: .*score out of range/);
    store.refuse = (name) => (name === "Person 1" ? refused("bad", "22001") : undefined);
    expect(await run()).toMatchObject({ imported: 1, updated: 0, errors: 2 });
    expect(store.failures.size).toBe(1);
  });

  test("a database that is not there ends the import", async () => {
    pulse(world, Array.from({ length: 60 }, (_, index) => profile(index)));
    store.refuse = () => refused("no connection", "PGRST000");
    expect(await run()).toMatchObject({ success: false, errors: 1 });
  });

  test("pages that stop too early are an error", async () => {
    world.on("GET /api/pulse/contacts/relationship-profiles", () => ({
      data: [],
      pagination: { total: 9, has_more: true },
    }));
    expect((await run()).error_messages).toEqual(["Pulse gave 0 of 9 profiles"]);
  });
});

describe("the service", () => {
  let lines: string[];
  const service = () => new PulseSyncService(api, store, () => configStore.refresh());
  const interval = 15 * 60_000;

  beforeEach(() => {
    lines = [];
    vi.spyOn(console, "info").mockImplementation((line: string) => void lines.push(line));
    vi.spyOn(console, "error").mockImplementation(() => {});
    pulse(world, Array.from({ length: 75 }, (_, index) => profile(index)));
  });
  afterEach(() => vi.useRealTimers());

  test("critical: the import tells its progress and its result", async () => {
    const made = service();
    const states: (string | undefined)[] = [];
    made.subscribe(({ running }) => states.push(running));
    const result = await made.performBulkContactImport();
    expect(Object.keys(result).sort()).toEqual(
      ["duration", "error_messages", "errors", "imported", "success", "updated"],
    );
    expect(lines).toContain("[Pulse import] 50 of 75 contacts");
    expect(lines).toContain("[Pulse import] 75 of 75 contacts");
    expect(states[0]).toBe("import");
    expect(made.state).toMatchObject({ running: undefined, lastResult: { imported: 75 } });
  });

  test("two calls are one import", async () => {
    const made = service();
    const [first, second] = await Promise.all([made.performBulkContactImport(), made.performBulkContactImport()]);
    expect(first).toEqual(second);
    expect(store.contacts.size).toBe(75);
  });

  test("waiting for Pulse is told", async () => {
    let count = 0;
    world.on("GET /api/pulse/contacts/relationship-profiles", () => {
      count += 1;
      return count === 1
        ? answer({}, 429, { "retry-after": "2" })
        : { data: [], pagination: { total: 0, has_more: false } };
    });
    expect(await service().performBulkContactImport()).toMatchObject({ success: true });
    expect(lines).toContain("[Pulse import] 0 of 0 contacts, Pulse asks to wait 2 s");
  });

  test.each([
    ["VITE_EMERGENCY_DISABLE_PULSE_SYNC", "true"],
    ["VITE_PULSE_SYNC_ENABLED", "false"],
    ["VITE_FEATURE_BULK_CONTACT_IMPORT", "false"],
  ])("critical: a switch that was turned meanwhile stops it: %s=%s", async (name, value) => {
    world.configure({ [name]: value });
    const result = await service().performBulkContactImport();
    expect(result).toMatchObject({ success: false, imported: 0, errors: 1 });
    expect(store.contacts.size).toBe(0);
    expect(console.error).not.toHaveBeenCalled();
  });

  test("an error is told, never swallowed", async () => {
    world.on("GET /api/pulse/contacts/relationship-profiles", () => answer({}, 500));
    expect((await service().performBulkContactImport()).error_messages).toEqual(["Pulse answered 500"]);
    world.on("GET /config.json", () => answer({}, 500));
    expect((await service().performBulkContactImport()).success).toBe(false);
    expect(console.error).toHaveBeenCalledTimes(2);
  });

  test("critical: it syncs every 15 minutes, what changed since the last time, and starts once", async () => {
    vi.useFakeTimers({ now: NOW });
    store.newest = new Date("2026-01-31T23:59:00Z");
    const made = service();
    made.startIncrementalSync();
    made.startIncrementalSync();
    const asked = () => world.of("GET /api/pulse/contacts/relationship-profiles");
    await vi.advanceTimersByTimeAsync(interval - 1000);
    expect(asked()).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1000);
    await vi.waitFor(() => expect(made.state.lastResult).toMatchObject({ success: true, imported: 75 }));
    expect(asked()[0]?.url.searchParams.get("modified_since")).toBe("2026-01-31T23:57:00.000Z");
    await vi.advanceTimersByTimeAsync(interval);
    await vi.waitFor(() => expect(made.state.lastResult?.imported).toBe(0));
    expect(asked().at(-1)?.url.searchParams.get("modified_since")).toBe("2026-03-01T11:58:00.000Z");
    made.stopIncrementalSync();
    made.stopIncrementalSync();
    const before = asked().length;
    await vi.advanceTimersByTimeAsync(interval * 2);
    expect(asked()).toHaveLength(before);
    expect(lines).toContain("[Pulse sync] automatic sync started, every 15 minutes");
  });

  test("it does not start where it is switched off, and a sync does not run", async () => {
    world.configure({ VITE_FEATURE_INCREMENTAL_SYNC: "false" });
    await configStore.refresh();
    const made = service();
    made.startIncrementalSync();
    expect(made.state.automatic).toBe(false);
    expect((await made.performIncrementalSync()).error_messages).toEqual(["The incremental sync is switched off"]);
  });

  test("another window at work is no error", async () => {
    vi.stubGlobal("navigator", {
      locks: { request: (_name: string, _how: object, work: (lock: null) => unknown) => work(null) },
    });
    expect((await service().performBulkContactImport()).error_messages[0]).toContain("Another window");
    expect(console.error).not.toHaveBeenCalled();
  });
});

