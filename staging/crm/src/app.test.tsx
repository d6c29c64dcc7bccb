import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { readFileSync } from "node:fs";
import { beforeEach, expect, test, vi } from "vitest";
import { APP_ROUTES } from "../app-routes.mjs";
import { App } from "./App";
import { configStore } from "./config";
import { pulseSyncService } from "./pulse/pulse-sync-service";
import { answer, contact, keepSession, loadConfig, session, World } from "./testing/world";

const user = userEvent.setup();
let world: World;

beforeEach(async () => {
  vi.spyOn(console, "info").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  world = new World();
  await loadConfig();
});

async function open(path: string, isSignedIn = true): Promise<void> {
  if (isSignedIn) keepSession();
  history.replaceState(null, "", path);
  render(<App />);
}

function contacts(rows: object[], total?: number): void {
  world.on("GET /rest/v1/contacts", () => World.rows(rows, total));
}

const listed = () => world.of("GET /rest/v1/contacts");
const lastAsked = () => listed().at(-1)?.url.searchParams;

test("the pages that the server knows are the pages that there are", () => {
  const source = readFileSync("src/App.tsx", "utf8");
  const paths = [...source.matchAll(/path="(\/[^"]*)"/g)].map((match) => match[1]);
  expect(["/", ...paths]).toEqual(APP_ROUTES);
});

test.each([
  ["/", "Know your people. Keep them close."],
  ["/privacy", "Privacy"],
  ["/terms", "Terms of use"],
  ["/signin", "Sign in"],
  ["/nowhere", "This page does not exist"],
])("%s shows %j to anybody", async (path, heading) => {
  await open(path, false);
  expect(await screen.findByRole("heading", { name: heading })).toBeTruthy();
});

test("critical: who is not signed in signs in and comes back", async () => {
  contacts([contact({ name: "Ada Lovelace" })]);
  await open("/contacts?tab=recent", false);
  await screen.findByRole("heading", { name: "Sign in" });
  world.on("POST /auth/v1/token", () => answer({ error_code: "invalid_credentials", msg: "Invalid" }, 400));
  await user.type(screen.getByLabelText("Email"), "ada@example.org");
  await user.type(screen.getByLabelText("Password"), "wrong");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect((await screen.findByText("Email or password is not right.")).getAttribute("role")).toBe("alert");
  world.on("POST /auth/v1/token", () => session());
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("button", { name: /^View profile for Ada Lovelace/ })).toBeTruthy();
  expect(location.pathname + location.search).toBe("/contacts?tab=recent");
  await user.click(screen.getByRole("button", { name: "Sign out" }));
  expect(await screen.findByRole("heading", { name: "Sign in" })).toBeTruthy();
});

test("a sign-in that cannot work says so", async () => {
  await open("/signin", false);
  world.on("POST /auth/v1/token", () => answer({ msg: "down" }, 503));
  await user.type(await screen.findByLabelText("Email"), "ada@example.org");
  await user.type(screen.getByLabelText("Password"), "x");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText(/does not work at the moment/)).toBeTruthy();
});

test("critical: cards are named by contact and score, and the total is shown", async () => {
  const [known, unknown] = [contact({ name: "Zoë Müller", relationship_score: 92 }), contact({ name: "No Score" })];
  contacts([known, unknown], 5200);
  world.on("GET /rest/v1/contact_directory", () => [{ id: known.id, company: "Harbor Trust" }]);
  await open("/contacts");
  expect(await screen.findByRole("button", { name: "View profile for Zoë Müller, relationship score 92" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "View profile for No Score, relationship score not known" })).toBeTruthy();
  expect(screen.getByText("5,200 contacts")).toBeTruthy();
  expect(screen.getByText("Harbor Trust")).toBeTruthy();
  expect(lastAsked()?.get("is_active")).toBe("eq.true");
});

test("search asks the database for name, email and company", async () => {
  contacts([contact()]);
  world.on("GET /rest/v1/organizations", () => [{ id: "org-1" }]);
  await open("/contacts");
  await screen.findByText("1 contact");
  await user.type(screen.getByPlaceholderText("Search by name, email, or company..."), "50%_a*");
  await screen.findByText("2 contacts");
  const [byName, byCompany] = listed().slice(-2).map(({ url }) => url.searchParams);
  expect(byName?.get("or")).toBe(String.raw`(name.ilike."%50\\%\\_a_%",email.ilike."%50\\%\\_a_%")`);
  expect(byCompany?.get("organization_contacts.organization_id")).toBe("in.(org-1)");
  expect(byCompany?.get("name")).toBe(String.raw`not.ilike.%50\%\_a_%`);
  expect(location.search).toContain("q=50");
});

test("the three filters go to the database, and can be cleared", async () => {
  contacts([contact()]);
  world.on("GET /rest/v1/donor_stage_totals", () => [
    { donor_stage: "major" },
    { donor_stage: "" },
    { donor_stage: null },
    { donor_stage: "major" },
  ]);
  await open("/contacts");
  const button = await screen.findByRole("button", { name: "Filter contacts" });
  await user.click(button);
  await user.selectOptions(screen.getByLabelText("Relationship score"), "strong");
  await user.selectOptions(screen.getByLabelText("Trend"), "rising");
  await screen.findByRole("option", { name: "Major" });
  await user.selectOptions(screen.getByLabelText("Donor stage"), "major");
  await waitFor(() => expect(lastAsked()?.get("donor_stage")).toBe("eq.major"));
  expect(lastAsked()?.getAll("relationship_score")).toEqual(["gte.70", "lte.100"]);
  expect(lastAsked()?.get("relationship_trend")).toBe("eq.rising");
  contacts([]);
  await user.selectOptions(screen.getByLabelText("Trend"), "new");
  expect(await screen.findByText("No contacts found")).toBeTruthy();
  contacts([contact()]);
  await user.click(screen.getByRole("button", { name: "Clear search and filters" }));
  await screen.findByText("1 contact");
  expect(location.search).toBe("");
  fireEvent.keyDown(screen.getByRole("region", { name: "Filters" }), { key: "Escape" });
  expect(button.getAttribute("aria-expanded")).toBe("false");
  expect(document.activeElement).toBe(button);
});

test("tabs work by keyboard and ask for their contacts", async () => {
  contacts([contact()]);
  await open("/contacts");
  await screen.findByText("1 contact");
  const all = screen.getByRole("tab", { name: "All contacts" });
  all.focus();
  await user.keyboard("{ArrowRight}");
  await waitFor(() => expect(lastAsked()?.get("last_interaction_date")).toBe("not.is.null"));
  await user.keyboard("{Home}");
  await waitFor(() => expect(lastAsked()?.get("or")).toBe("(relationship_trend.in.(falling,dormant),is_vip.is.true)"));
  expect(screen.getByRole("tab", { selected: true }).textContent).toBe("Priorities");
  contacts([]);
  await user.keyboard("{End}x");
  expect(await screen.findByText("There are no interactions yet")).toBeTruthy();
});

test("pages lead on", async () => {
  contacts([contact()], 100);
  await open("/contacts");
  await user.click(await screen.findByRole("button", { name: /Next/ }));
  await waitFor(() => expect(lastAsked()?.get("offset")).toBe("48"));
  expect(screen.getByText("Page 2 of 3")).toBeTruthy();
  world.on("GET /rest/v1/contacts", () => answer({ code: "PGRST103", message: "range" }, 416));
  await user.click(screen.getByRole("button", { name: /Next/ }));
  expect(await screen.findByText("There are no contacts yet")).toBeTruthy();
});

test("critical: an error is shown, reported, and can be tried again", async () => {
  world.on("GET /rest/v1/contacts", () => answer({ code: "XX000", message: "broken" }, 500));
  await open("/contacts");
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("The contacts could not be loaded");
  expect(console.error).toHaveBeenCalledWith("[contacts]", expect.any(Error));
  contacts([contact({ name: "Back Again" })]);
  await user.click(within(alert).getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("button", { name: /Back Again/ })).toBeTruthy();
});

test("critical: a profile opens, is edited, and leads back to its card", async () => {
  const person = contact({
    name: "Olu Adeyemi",
    relationship_score: 41,
    relationship_trend: "falling",
    last_interaction_date: "2026-01-01T03:00:00Z",
    pulse_profile_id: "pp_1",
    pulse_tags: ["gala"],
    pulse_notes: "Prefers calls",
    pulse_last_synced_at: "2026-01-02T03:00:00Z",
    email: "olu@example.org",
    phone: "+1 555 0100",
    city: "Lagos",
    do_not_call: true,
    total_lifetime_giving: 1250.5,
    last_gift_date: "2025-12-24",
    donor_stage: "major",
    is_favorite: true,
    is_blocked: true,
    is_active: false,
    preferred_channel: "sms",
    communication_frequency: "weekly",
    notes: "Old note",
  });
  contacts([person]);
  world.on("GET /rest/v1/contact_donations", () => [
    { id: 1, amount: 20, currency: "EUR", donated_at: "2025-12-24T10:00:00Z", method: "card" },
  ]);
  world.on("GET /api/pulse/contacts/pp_1/interactions", () => ({
    data: [{ id: "i1", type: "call", date: "2026-01-01T03:00:00Z", subject: null, snippet: "Hello 🎉" }],
  }));
  world.on("GET /api/pulse/contacts/pp_1/ai-insights", () => ({ data: { summary: "Write a letter." } }));
  world.on("PATCH /rest/v1/contacts", () => [{ id: person.id }]);
  await open("/contacts?tab=recent");
  await user.click(await screen.findByRole("button", { name: /Olu Adeyemi, relationship score 41/ }));
  const heading = await screen.findByRole("heading", { level: 1, name: "Olu Adeyemi" });
  expect(location.pathname).toBe(`/contacts/${person.id}`);
  expect(document.activeElement).toBe(heading);
  // 03:00 in UTC is still the evening before in New York.
  expect(screen.getAllByText("Dec 31, 2025").length).toBeGreaterThan(0);
  for (const text of ["$1,250.50", "Dec 24, 2025", "gala", "Prefers calls", "Do not call", "Falling", "SMS"]) {
    expect(screen.getAllByText(text).length, text).toBeGreaterThan(0);
  }
  expect(await screen.findByText("Hello 🎉")).toBeTruthy();
  expect(await screen.findByText("€20.00")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Get insights" }));
  expect(await screen.findByText("Write a letter.")).toBeTruthy();

  await user.type(screen.getByLabelText("Notes"), "!");
  await user.click(screen.getByRole("button", { name: "Save notes" }));
  expect(await screen.findByText("Saved")).toBeTruthy();
  expect(world.of("PATCH /rest/v1/contacts")[0]?.body).toEqual({ notes: "Old note!" });
  const vip = screen.getByRole("button", { name: "VIP" });
  await user.click(vip);
  expect(vip.getAttribute("aria-pressed")).toBe("true");
  world.on("PATCH /rest/v1/contacts", () => []);
  await user.click(vip);
  expect(await screen.findByText("Not saved.")).toBeTruthy();
  await user.type(screen.getByLabelText("Notes"), "?");
  await user.click(screen.getByRole("button", { name: "Save notes" }));
  expect(await screen.findByText("The notes could not be saved.")).toBeTruthy();

  await user.click(screen.getByRole("button", { name: "Back to Contacts" }));
  const card = await screen.findByRole("button", { name: /Olu Adeyemi/ });
  await waitFor(() => expect(document.activeElement).toBe(card));
  expect(location.search).toBe("?tab=recent");
});

test("a profile without anything, and Pulse in trouble", async () => {
  contacts([contact({ name: "Bare", pulse_profile_id: "pp_2" })]);
  world.on("GET /rest/v1/contact_donations", () => answer({ message: "no" }, 500));
  world.on("GET /api/pulse/contacts/pp_2/interactions", () => answer({}, 502));
  world.on("GET /api/pulse/contacts/pp_2/ai-insights", () => answer({}, 502));
  await open("/contacts/00000000-0000-4000-8000-000000000001");
  await screen.findByRole("heading", { level: 1, name: "Bare" });
  expect(await screen.findByText(/Pulse could not be asked/)).toBeTruthy();
  expect(await screen.findByText("The gifts could not be loaded.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Get insights" }));
  expect(await screen.findByText(/no insights at the moment/)).toBeTruthy();
  world.on("GET /api/pulse/contacts/pp_2/interactions", () => ({ data: [] }));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("No interactions in Pulse.")).toBeTruthy();
});

test("a contact that is not there, and one that cannot be loaded", async () => {
  contacts([]);
  await open("/contacts/not-an-id");
  expect(await screen.findByText("There is no such contact")).toBeTruthy();
  expect(listed()).toHaveLength(0);
  world.on("GET /rest/v1/contacts", () => answer({ message: "no" }, 500));
  act(() => {
    history.pushState(null, "", "/contacts/00000000-0000-4000-8000-000000000001");
    dispatchEvent(new PopStateEvent("popstate"));
  });
  expect(await screen.findByText("The contact could not be loaded")).toBeTruthy();
});

test("critical: the flag off shows the old page over the old columns", async () => {
  const person = contact({ name: "Old Friend", total_lifetime_giving: 10, donor_stage: "repeat" });
  contacts([person], 60);
  await open("/contacts");
  await screen.findByRole("button", { name: /Old Friend/ });
  world.configure({ VITE_FEATURE_CONTACTS_REDESIGN: "false" });
  await act(() => configStore.refresh());
  expect(await screen.findByRole("heading", { name: "Contact list" })).toBeTruthy();
  const link = await screen.findByRole("link", { name: "Old Friend" });
  expect(lastAsked()?.get("select")).not.toContain("relationship");
  await user.type(screen.getByRole("searchbox"), "old");
  await waitFor(() => expect(lastAsked()?.get("or")).toContain("%old%"));
  await user.click(await screen.findByRole("button", { name: /Next/ }));
  await waitFor(() => expect(lastAsked()?.get("offset")).toBe("48"));
  await user.click(link.isConnected ? link : await screen.findByRole("link", { name: "Old Friend" }));
  expect(await screen.findByRole("heading", { level: 1, name: "Old Friend" })).toBeTruthy();
  expect(screen.getByLabelText("Notes")).toBeTruthy();
});

test("the old page has its empty and error states", async () => {
  world.configure({ VITE_ROLLOUT_PERCENTAGE: "0" });
  await configStore.refresh();
  world.on("GET /rest/v1/contacts", () => answer({ message: "no" }, 500));
  await open("/contacts");
  await screen.findByText("The contacts could not be loaded");
  contacts([]);
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("No contacts found")).toBeTruthy();
});

test.each(["/contacts", "/contacts/1"])("critical: the kill switch closes %s", async (path) => {
  world.configure({ VITE_EMERGENCY_DISABLE_CONTACTS: "true" });
  await configStore.refresh();
  await open(path);
  expect(await screen.findByText("Contacts are switched off for the moment")).toBeTruthy();
  expect(listed()).toHaveLength(0);
});

test("without the scoring flag there are no scores and no score filters", async () => {
  world.configure({ VITE_FEATURE_RELATIONSHIP_SCORING: "false", VITE_FEATURE_PRIORITIES_FEED: "false" });
  await configStore.refresh();
  contacts([contact({ name: "Plain", relationship_score: 9 })]);
  await open("/contacts?tab=priorities&stage=gone");
  expect(await screen.findByRole("button", { name: "View profile for Plain" })).toBeTruthy();
  expect(screen.queryByRole("tab", { name: "Priorities" })).toBeNull();
  expect(screen.queryByLabelText("Trend")).toBeNull();
  expect((screen.getByLabelText("Donor stage") as HTMLSelectElement).value).toBe("gone");
});

test("critical: the admin panel imports, with progress and result", async () => {
  world.on("GET /rest/v1/contacts", ({ url }) =>
    url.searchParams.has("pulse_sync_status") ? World.rows([{ id: "1" }], 1234) : World.rows([]),
  );
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  world.on("GET /api/pulse/contacts/relationship-profiles", async ({ url }) => {
    const offset = Number(url.searchParams.get("offset"));
    if (offset > 0) await gate;
    return { data: [{ id: `pp_${offset}`, display_name: "New One", company: "Acme" }], pagination: { total: 2, has_more: offset === 0 } };
  });
  world.on("GET /rest/v1/entity_mappings", () => []);
  world.on("POST /rest/v1/entity_mappings", () => new Response(null, { status: 201 }));
  world.on("POST /rest/v1/contacts", () => new Response(null, { status: 201 }));
  world.on("POST /rest/v1/organizations", () => new Response(null, { status: 201 }));
  world.on("POST /rest/v1/organization_contacts", () => new Response(null, { status: 201 }));
  await open("/settings");
  expect((await screen.findAllByText("1,234"))[0]).toBeTruthy();
  await waitFor(() => expect(window.pulseSyncService).toBe(pulseSyncService));
  await screen.findByText(/Every 15 minutes/);
  await user.click(await screen.findByRole("button", { name: "Import contacts from Pulse" }));
  expect(await screen.findByText("1 of 2 contacts")).toBeTruthy();
  expect(screen.getByRole("progressbar", { name: "Import" })).toBeTruthy();
  release();
  expect(await screen.findByText(/Done: 2 imported, 0 updated, 0 errors/)).toBeTruthy();
  expect(world.of("POST /rest/v1/entity_mappings")[0]?.url.searchParams.get("on_conflict")).toBe("entity_type,lv_entity_id");
  expect(world.of("POST /rest/v1/organization_contacts")[0]?.body).toMatchObject([{ is_primary: true }]);
  world.configure({ VITE_EMERGENCY_DISABLE_PULSE_SYNC: "true" });
  await act(() => configStore.refresh());
  expect(await screen.findByText(/switched off by the emergency switch/)).toBeTruthy();
  await waitFor(() => expect(pulseSyncService.state.automatic).toBe(false));
});

test("an import that found a known contact, and one that failed", async () => {
  const known = contact({ name: "Known", email: "KNOWN@example.org" });
  world.on("GET /rest/v1/contacts", () => World.rows([known]));
  world.on("GET /rest/v1/entity_mappings", () => [{ pulse_entity_id: "pp_0", lv_entity_id: known.id }]);
  world.on("POST /rest/v1/entity_mappings", () => new Response(null, { status: 201 }));
  world.on("GET /api/pulse/contacts/relationship-profiles", () => ({
    data: [{ id: "pp_0" }, { id: "pp_1", canonical_email: "known@example.org" }],
    pagination: { total: 2, has_more: false },
  }));
  world.on("POST /rest/v1/contacts", () => answer({ code: "23514", message: "violates check" }, 400));
  world.on("PATCH /rest/v1/contacts", () => new Response(null, { status: 204 }));
  await open("/settings");
  await user.click(await screen.findByRole("button", { name: "Import contacts from Pulse" }));
  expect(await screen.findByText(/Not complete: 0 imported/)).toBeTruthy();
  expect(screen.getByText(/Known: not updated: violates check/)).toBeTruthy();
  expect(world.of("PATCH /rest/v1/contacts")[0]?.body).toMatchObject({ pulse_sync_status: "failed" });
});

test("members see the state, and no button", async () => {
  world.on("GET /rest/v1/staff_members", () => []);
  world.on("GET /rest/v1/contacts", () => answer({ message: "no" }, 500));
  await open("/settings");
  expect(await screen.findByText("Only administrators can import contacts.")).toBeTruthy();
  expect(await screen.findByText(/sync state could not be loaded/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Import/ })).toBeNull();
});
