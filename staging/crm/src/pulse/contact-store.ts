import { randomId } from "../visitor";
import { DataError, supabase } from "../supabase";
import { quoted } from "../contacts/search-pattern";
import type { KnownContact, PulseFields } from "./profile-to-contact";

const KNOWN = "id,name,email,relationship_score,relationship_trend,pulse_profile_id,pulse_last_synced_at,created_at";

export interface Mapping {
  lv_entity_id: string;
  pulse_entity_id: string;
  data_hash: string;
  last_synced_at: string;
}

export interface NewContact extends PulseFields {
  id: string;
  name: string;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  phone: string | null;
}

export interface Employment {
  contactId: string;
  company: string;
  title: string | null;
}

export interface ChangedContact extends PulseFields {
  id: string;
  name: string;
}

/** What the import reads from and writes to the database. */
export interface ContactStore {
  mapped(pulseIds: string[]): Promise<Map<string, string>>;
  byIds(ids: string[]): Promise<KnownContact[]>;
  byEmails(emails: string[]): Promise<KnownContact[]>;
  insert(contacts: NewContact[]): Promise<void>;
  update(contacts: ChangedContact[]): Promise<void>;
  map(mappings: Mapping[]): Promise<void>;
  employ(people: Employment[]): Promise<void>;
  markFailed(contactId: string, message: string): Promise<void>;
  newestSync(): Promise<Date | undefined>;
}

export const newContactId = randomId;

function check(what: string, error: { message: string; code?: string } | null): void {
  if (error) throw new DataError(what, error);
}

/** The store in Supabase, with the rights of the person who is signed in. */
export const supabaseStore: ContactStore = {
  async mapped(pulseIds) {
    const client = await supabase();
    const { data, error } = await client
      .from("entity_mappings")
      .select("pulse_entity_id,lv_entity_id")
      .eq("entity_type", "contact")
      .in("pulse_entity_id", pulseIds);
    check("The mappings could not be read", error);
    return new Map((data ?? []).map((row) => [row.pulse_entity_id as string, row.lv_entity_id as string]));
  },

  async byIds(ids) {
    if (ids.length === 0) return [];
    const client = await supabase();
    const { data, error } = await client.from("contacts").select(KNOWN).in("id", ids);
    check("The contacts could not be read", error);
    return (data ?? []) as unknown as KnownContact[];
  },

  // Letter case does not matter, so this is ILIKE; its wildcards find too much at worst, and the
  // caller compares again.
  async byEmails(emails) {
    if (emails.length === 0) return [];
    const client = await supabase();
    const { data, error } = await client
      .from("contacts")
      .select(KNOWN)
      .or(emails.map((email) => `email.ilike.${quoted(email)}`).join(","))
      .order("created_at")
      .order("id");
    check("The contacts could not be read", error);
    return (data ?? []) as unknown as KnownContact[];
  },

  async insert(contacts) {
    const client = await supabase();
    const { error } = await client.from("contacts").insert(contacts);
    check("not imported", error);
  },

  async update(contacts) {
    const client = await supabase();
    const { error } = await client.from("contacts").upsert(contacts, { onConflict: "id" });
    check("not updated", error);
  },

  async map(mappings) {
    if (mappings.length === 0) return;
    const client = await supabase();
    const rows = mappings.map((mapping) => ({
      ...mapping,
      entity_type: "contact",
      sync_status: "synced",
      sync_direction: "pulse_to_lv",
      sync_error: null,
      retry_count: 0,
    }));
    const { error } = await client
      .from("entity_mappings")
      .upsert(rows, { onConflict: "entity_type,lv_entity_id" });
    check("The mappings could not be written", error);
  },

  /** Ties new contacts to their companies; a company that is not there yet is added. */
  async employ(people) {
    if (people.length === 0) return;
    const client = await supabase();
    const names = [...new Set(people.map(({ company }) => company))];
    const found = await client.from("organizations").select("id,name").in("name", names).order("created_at");
    check("The companies could not be read", found.error);
    const ids = new Map<string, string>();
    for (const row of found.data ?? []) if (!ids.has(row.name)) ids.set(row.name, row.id);
    const missing = names.filter((name) => !ids.has(name)).map((name) => ({ id: randomId(), name }));
    if (missing.length > 0) {
      const { error } = await client.from("organizations").insert(missing);
      check("The companies could not be added", error);
      for (const { id, name } of missing) ids.set(name, id);
    }
    const { error } = await client.from("organization_contacts").insert(
      people.map(({ contactId, company, title }) => ({
        organization_id: ids.get(company),
        contact_id: contactId,
        job_title: title ?? "",
        is_primary: true,
      })),
    );
    check("The companies could not be tied to the contacts", error);
  },

  async markFailed(contactId, message) {
    const client = await supabase();
    const { error } = await client
      .from("contacts")
      .update({ pulse_sync_status: "failed", pulse_sync_error: message.slice(0, 500) })
      .eq("id", contactId);
    check("The failure could not be noted", error);
  },

  async newestSync() {
    const client = await supabase();
    const { data, error } = await client
      .from("contacts")
      .select("pulse_last_synced_at")
      .not("pulse_last_synced_at", "is", null)
      .order("pulse_last_synced_at", { ascending: false })
      .limit(1);
    check("The time of the last sync could not be read", error);
    const at = data?.[0]?.pulse_last_synced_at as string | undefined;
    return at ? new Date(at) : undefined;
  },
};
