import type { PostgrestError } from "@supabase/supabase-js";
import { DataError, supabase } from "../supabase";
import {
  CLASSIC_COLUMNS,
  COLUMNS,
  SCORE_BANDS,
  type Card,
  type ClassicContact,
  type Contact,
  type Donation,
  type ScoreBand,
  type Trend,
} from "./contact";
import { containing, quoted } from "./search-pattern";

export const PAGE_SIZE = 48;
const MOST_COMPANIES = 200;

export type Tab = "priorities" | "all" | "recent";

export interface ContactQuery {
  tab: Tab;
  search: string;
  score: ScoreBand | "";
  trend: Trend | "";
  stage: string;
  page: number;
}

export interface Page<T> {
  rows: T[];
  total: number;
}

/** Whether a query narrows its tab down. */
export function isNarrowed(query: ContactQuery): boolean {
  return query.search !== "" || query.score !== "" || query.trend !== "" || query.stage !== "";
}

function unwrap<T>(what: string, result: { data: T | null; error: PostgrestError | null }): T {
  if (result.error) throw new DataError(what, result.error);
  if (result.data === null) throw new DataError(what, { message: "no answer" });
  return result.data;
}

/**
 * One page of contacts and how many there are in all. Who matches by name or email comes first, then
 * who matches by the company only.
 */
export async function fetchContacts(query: ContactQuery): Promise<Page<Card>> {
  const offset = (query.page - 1) * PAGE_SIZE;
  const people = await matching(query, { offset, limit: PAGE_SIZE });
  const companies = query.search ? await companiesNamed(query.search) : [];
  if (companies.length > 0) {
    const colleagues = await matching(query, {
      offset: Math.max(0, offset - people.total),
      limit: PAGE_SIZE - people.rows.length,
      companies,
    });
    people.rows.push(...colleagues.rows);
    people.total += colleagues.total;
  }
  return { rows: await withCompanies(people.rows), total: people.total };
}

interface Part {
  offset: number;
  limit: number;
  companies?: string[];
}

async function matching(query: ContactQuery, part: Part): Promise<Page<Contact>> {
  const client = await supabase();
  const columns = part.companies ? `${COLUMNS},organization_contacts!inner(organization_id)` : COLUMNS;
  let request = client.from("contacts").select(columns, { count: "exact" }).eq("is_active", true);

  if (query.tab === "priorities") {
    request = request.eq("is_blocked", false).or("relationship_trend.in.(falling,dormant),is_vip.is.true");
  }
  if (query.tab === "recent") request = request.not("last_interaction_date", "is", null);

  const band = SCORE_BANDS.find(({ id }) => id === query.score);
  if (band) {
    request = request.gte("relationship_score", band.least).lte("relationship_score", band.most);
  }
  if (query.trend) request = request.eq("relationship_trend", query.trend);
  if (query.stage) request = request.eq("donor_stage", query.stage);

  if (query.search) {
    const pattern = containing(query.search);
    if (part.companies) {
      request = request
        .in("organization_contacts.organization_id", part.companies)
        .eq("organization_contacts.is_primary", true)
        .not("name", "ilike", pattern)
        .or(`email.is.null,email.not.ilike.${quoted(pattern)}`);
    } else {
      request = request.or(`name.ilike.${quoted(pattern)},email.ilike.${quoted(pattern)}`);
    }
  }

  if (query.tab === "priorities") {
    request = request.order("relationship_score", { ascending: false, nullsFirst: false });
  }
  if (query.tab === "recent") request = request.order("last_interaction_date", { ascending: false });
  request = request.order("name").order("id");
  // Where only the number is wanted, one row comes along and is dropped.
  const result = await request.range(part.offset, part.offset + Math.max(1, part.limit) - 1);
  // A page beyond the end is an empty page, as far as people are concerned.
  if (result.error?.code === "PGRST103") return { rows: [], total: result.count ?? part.offset };
  if (result.error) throw new DataError("The contacts could not be loaded", result.error);
  const rows = result.data as unknown as Contact[];
  return { rows: rows.slice(0, part.limit), total: result.count ?? 0 };
}

async function companiesNamed(search: string): Promise<string[]> {
  const client = await supabase();
  const result = await client
    .from("organizations")
    .select("id")
    .ilike("name", containing(search))
    .order("name")
    .limit(MOST_COMPANIES);
  return unwrap("The companies could not be searched", result).map(({ id }) => id as string);
}

async function withCompanies(contacts: Contact[]): Promise<Card[]> {
  if (contacts.length === 0) return [];
  const client = await supabase();
  const result = await client
    .from("contact_directory")
    .select("id,company")
    .in("id", contacts.map(({ id }) => id));
  const rows = unwrap("The companies could not be loaded", result);
  const companies = new Map(rows.map((row) => [row.id as string, row.company as string | null]));
  return contacts.map((contact) => ({ ...contact, company: companies.get(contact.id) ?? null }));
}

/** The donor stages that are in use. */
export async function fetchDonorStages(): Promise<string[]> {
  const client = await supabase();
  const result = await client.from("donor_stage_totals").select("donor_stage").order("donor_stage");
  const rows = unwrap("The donor stages could not be loaded", result);
  return [...new Set(rows.map((row) => row.donor_stage as string | null))].filter(
    (stage): stage is string => Boolean(stage),
  );
}

const IS_UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** One contact, or nothing where there is none of that id. */
export async function fetchContact(id: string): Promise<Card | undefined> {
  const contact = await fetchOne<Contact>(id, COLUMNS);
  const [card] = contact ? await withCompanies([contact]) : [];
  return card;
}

/** One contact as the classic page knows it. */
export async function fetchClassicContact(id: string): Promise<ClassicContact | undefined> {
  return fetchOne<ClassicContact>(id, CLASSIC_COLUMNS);
}

async function fetchOne<T>(id: string, columns: string): Promise<T | undefined> {
  if (!IS_UUID.test(id)) return undefined;
  const client = await supabase();
  const result = await client.from("contacts").select(columns).eq("id", id).limit(1);
  const [row] = unwrap("The contact could not be loaded", result);
  return row as T | undefined;
}

/** One page of the classic list. */
export async function fetchClassicContacts(search: string, page: number): Promise<Page<ClassicContact>> {
  const client = await supabase();
  let request = client
    .from("contacts")
    .select(CLASSIC_COLUMNS, { count: "exact" })
    .eq("is_active", true);
  if (search) {
    const pattern = quoted(containing(search));
    request = request.or(`name.ilike.${pattern},email.ilike.${pattern}`);
  }
  const first = (page - 1) * PAGE_SIZE;
  const result = await request
    .order("name")
    .order("id")
    .range(first, first + PAGE_SIZE - 1);
  if (result.error?.code === "PGRST103") return { rows: [], total: result.count ?? first };
  return {
    rows: unwrap("The contacts could not be loaded", result) as unknown as ClassicContact[],
    total: result.count ?? 0,
  };
}

/** The newest gifts of a contact. */
export async function fetchDonations(contactId: string): Promise<Donation[]> {
  const client = await supabase();
  const result = await client
    .from("contact_donations")
    .select("id,amount,currency,donated_at,method")
    .eq("contact_id", contactId)
    .order("donated_at", { ascending: false })
    .limit(5);
  return unwrap("The gifts could not be loaded", result) as unknown as Donation[];
}

/** Saves fields that people edit here. */
export async function updateContact(
  id: string,
  change: Partial<Pick<Contact, "notes" | "is_vip">>,
): Promise<void> {
  const client = await supabase();
  const { error, data } = await client.from("contacts").update(change).eq("id", id).select("id");
  if (error) throw new DataError("The contact could not be saved", error);
  // Row security hides what may not be changed: no error, and no row.
  if (data.length === 0) throw new DataError("The contact could not be saved", { message: "not allowed" });
}

export interface SyncState {
  synced: number;
  failed: number;
  never: number;
  lastSyncedAt: string | null;
}

/** How far the contacts are synchronised with Pulse. */
export async function fetchSyncState(): Promise<SyncState> {
  const client = await supabase();
  const count = async (status: string) => {
    const result = await client
      .from("contacts")
      .select("id", { count: "exact" })
      .eq("pulse_sync_status", status)
      .limit(1);
    if (result.error) throw new DataError("The sync state could not be loaded", result.error);
    return result.count ?? 0;
  };
  const newest = client
    .from("contacts")
    .select("pulse_last_synced_at")
    .not("pulse_last_synced_at", "is", null)
    .order("pulse_last_synced_at", { ascending: false })
    .limit(1);
  const [synced, failed, never, last] = await Promise.all([
    count("synced"),
    count("failed"),
    count("never"),
    newest,
  ]);
  const [row] = unwrap("The sync state could not be loaded", last);
  return { synced, failed, never, lastSyncedAt: (row?.pulse_last_synced_at as string) ?? null };
}

/** Whether the person who is signed in may use the admin panel. */
export async function fetchRole(userId: string): Promise<string> {
  const client = await supabase();
  const result = await client.from("staff_members").select("role").eq("user_id", userId).limit(1);
  const [row] = unwrap("Your role could not be loaded", result);
  return (row?.role as string | undefined) ?? "member";
}
