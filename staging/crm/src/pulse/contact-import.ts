import { DataError } from "../supabase";
import {
  newContactId,
  type ChangedContact,
  type ContactStore,
  type Mapping,
  type NewContact,
} from "./contact-store";
import { emailKey, hashOf, nameOf, pulseFields, type KnownContact } from "./profile-to-contact";
import type { OnWait, PulseApi, PulseProfile } from "./pulse-api";

export const BATCH_SIZE = 50;

export interface ImportResult {
  success: boolean;
  /** Contacts that were not there before. */
  imported: number;
  /** Profiles that belong to a contact that was there: by their mapping, or by email. */
  updated: number;
  errors: number;
  error_messages: string[];
  /** In milliseconds. */
  duration: number;
}

export interface ImportProgress {
  done: number;
  total: number;
  imported: number;
  updated: number;
  errors: number;
  /** Pulse asked us to wait so many seconds. */
  waitingSeconds?: number;
}

interface Plan {
  added: NewContact[];
  changed: ChangedContact[];
  winners: Map<string, PulseProfile>;
}

/**
 * When another profile of the same person had the last word. Only what changed after that counts, or
 * two profiles of one person would overwrite each other at every import.
 */
function lastWordOfTwin(profile: PulseProfile, contact: KnownContact | undefined): number {
  const isOfTwin = contact?.pulse_profile_id && contact.pulse_profile_id !== profile.id;
  return isOfTwin ? Date.parse(contact.pulse_last_synced_at ?? "") || 0 : 0;
}

/** A refusal of the database that is about single rows (SQLSTATE classes 22 and 23). */
function isAboutData(error: unknown): boolean {
  return error instanceof DataError && /^2[23]/.test(error.cause.code ?? "");
}

/**
 * Brings profiles from Pulse into the contacts.
 *
 * 1. Fetch 50 profiles.
 * 2. Find the contact of each: by its mapping, else by email, whatever the letter case.
 * 3. Of several profiles for one contact, the one that was changed last counts.
 * 4. Write new contacts, changed contacts, mappings and companies, each in one request; if the database refuses
 *    the data, row by row, so that one bad row costs only itself.
 */
export class ContactImport {
  #imported = 0;
  #updated = 0;
  #done = 0;
  #messages: string[] = [];
  #newest = new Map<string, number>();

  constructor(
    private readonly api: PulseApi,
    private readonly store: ContactStore,
    private readonly onProgress: (progress: ImportProgress) => void = () => {},
  ) {}

  /** When the first page was answered: what changed later belongs to the next run. */
  startedAt: Date | undefined;

  async run(modifiedSince?: Date): Promise<ImportResult> {
    const begin = performance.now();
    let total = 0;
    try {
      for (let offset = 0, hasMore = true; hasMore; ) {
        const onWait: OnWait = (seconds) => this.#report(total, seconds);
        const page = await this.api.profiles({ limit: BATCH_SIZE, offset, modifiedSince }, onWait);
        this.startedAt ??= page.answeredAt;
        total = page.total;
        if (page.profiles.length > 0) await this.#batch(page.profiles, this.startedAt);
        offset += page.profiles.length;
        this.#done = offset;
        this.#report(total);
        hasMore = page.hasMore && page.profiles.length > 0;
      }
      if (this.#done < total) this.#messages.push(`Pulse gave ${this.#done} of ${total} profiles`);
    } catch (error) {
      this.#messages.push(error instanceof Error ? error.message : String(error));
    }
    return {
      success: this.#messages.length === 0,
      imported: this.#imported,
      updated: this.#updated,
      errors: this.#messages.length,
      error_messages: [...this.#messages],
      duration: Math.round(performance.now() - begin),
    };
  }

  #report(total: number, waitingSeconds?: number): void {
    this.onProgress({
      done: this.#done,
      total,
      imported: this.#imported,
      updated: this.#updated,
      errors: this.#messages.length,
      ...(waitingSeconds !== undefined && { waitingSeconds }),
    });
  }

  async #batch(profiles: PulseProfile[], now: Date): Promise<void> {
    const { added, changed, winners } = await this.#plan(profiles, now);
    const inserted = await this.#write(added, (rows) => this.store.insert(rows), false);
    const updated = await this.#write(changed, (rows) => this.store.update(rows), true);
    const mappings = [...inserted, ...updated].map(({ id }): Mapping => {
      const profile = winners.get(id) as PulseProfile;
      return {
        lv_entity_id: id,
        pulse_entity_id: profile.id,
        data_hash: hashOf(profile),
        last_synced_at: now.toISOString(),
      };
    });
    await this.store.map(mappings);
    const employed = inserted.flatMap(({ id }) => {
      const profile = winners.get(id);
      const company = profile?.company?.trim();
      return company ? [{ contactId: id, company, title: profile?.title ?? null }] : [];
    });
    await this.store.employ(employed);
  }

  async #plan(profiles: PulseProfile[], now: Date): Promise<Plan> {
    const mapped = await this.store.mapped(profiles.map(({ id }) => id));
    const emails = profiles
      .filter(({ id }) => !mapped.has(id))
      .flatMap((profile) => emailKey(profile.canonical_email) ?? []);
    const [ofMapping, ofEmail] = await Promise.all([
      this.store.byIds([...new Set(mapped.values())]),
      this.store.byEmails([...new Set(emails)]),
    ]);
    const byId = new Map([...ofEmail, ...ofMapping].map((contact) => [contact.id, contact]));
    const idByEmail = new Map<string, string>();
    for (const contact of ofEmail) {
      const key = emailKey(contact.email);
      if (key && !idByEmail.has(key)) idByEmail.set(key, contact.id);
    }

    const winners = new Map<string, PulseProfile>();
    const names = new Map<string, string>();
    for (const profile of profiles) {
      const key = emailKey(profile.canonical_email);
      const found = mapped.get(profile.id) ?? (key && idByEmail.get(key));
      const name = nameOf(profile);
      if (!found && !name) {
        this.#messages.push(`Profile ${profile.id}: no name and no email`);
        continue;
      }
      // A contact that was deleted here comes back under its old id, so that its mapping stays right.
      const id = found || newContactId();
      const isNew = !byId.has(id) && !names.has(id);
      if (isNew) this.#imported += 1;
      else this.#updated += 1;
      if (key && !mapped.has(profile.id)) idByEmail.set(key, id);
      names.set(id, byId.get(id)?.name ?? names.get(id) ?? name ?? profile.id);
      const changedAt = Date.parse(profile.updated_at ?? "") || 0;
      if (changedAt < (this.#newest.get(id) ?? lastWordOfTwin(profile, byId.get(id)))) continue;
      this.#newest.set(id, changedAt);
      winners.set(id, profile);
    }
    return { ...this.#rows(winners, byId, names, now), winners };
  }

  #rows(
    winners: Map<string, PulseProfile>,
    known: Map<string, KnownContact>,
    names: Map<string, string>,
    now: Date,
  ): Pick<Plan, "added" | "changed"> {
    const added: NewContact[] = [];
    const changed: ChangedContact[] = [];
    for (const [id, profile] of winners) {
      const contact = known.get(id);
      const fields = { id, name: names.get(id) ?? profile.id, ...pulseFields(profile, contact, now) };
      if (contact) changed.push(fields);
      else {
        added.push({
          ...fields,
          first_name: profile.first_name ?? null,
          last_name: profile.last_name ?? null,
          email: profile.canonical_email?.trim() || null,
          phone: profile.phone_number ?? null,
        });
      }
    }
    return { added, changed };
  }

  /** Writes the rows and returns those that were accepted. */
  async #write<T extends { id: string; name: string }>(
    rows: T[],
    writeRows: (rows: T[]) => Promise<void>,
    areKnown: boolean,
  ): Promise<T[]> {
    if (rows.length === 0) return [];
    try {
      await writeRows(rows);
      return rows;
    } catch (error) {
      if (!isAboutData(error)) throw error;
      if (rows.length > 1) {
        const accepted: T[] = [];
        for (const row of rows) accepted.push(...(await this.#write([row], writeRows, areKnown)));
        return accepted;
      }
      // One row is left, and it is the bad one.
      const [row] = rows as [T];
      const message = `${row.name}: ${(error as DataError).message}`;
      this.#messages.push(message);
      if (areKnown) {
        this.#updated -= 1;
        await this.store.markFailed(row.id, message);
      } else this.#imported -= 1;
      return [];
    }
  }
}
