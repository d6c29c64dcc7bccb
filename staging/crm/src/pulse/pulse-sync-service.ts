import { configStore, type Config } from "../config";
import { pulseObjection } from "../flags";
import { measure, track } from "../monitoring/analytics";
import { reportError } from "../monitoring/errors";
import { announce, log } from "../monitoring/log";
import { ContactImport, type ImportProgress, type ImportResult } from "./contact-import";
import { supabaseStore, type ContactStore } from "./contact-store";
import { PulseApi } from "./pulse-api";

const CURSOR = "lv-pulse-synced-until";
const LOCK = "lv-pulse-sync";
/** Clocks differ a little; what changed in between is fetched twice rather than never. */
const OVERLAP_MS = 2 * 60_000;

export interface ServiceState {
  /** Whether the interval runs. */
  automatic: boolean;
  running: "import" | "sync" | undefined;
  progress: ImportProgress | undefined;
  lastResult: ImportResult | undefined;
  lastFinishedAt: Date | undefined;
  nextAt: Date | undefined;
}

type Listener = (state: ServiceState) => void;

/** A switch, or another window, says no: that is nobody's error. */
class Declined extends Error {}

function refused(message: string): ImportResult {
  return { success: false, imported: 0, updated: 0, errors: 1, error_messages: [message], duration: 0 };
}

/** Brings contacts from Pulse: all of them on request, the changed ones at every interval. */
export class PulseSyncService {
  #state: ServiceState = {
    automatic: false,
    running: undefined,
    progress: undefined,
    lastResult: undefined,
    lastFinishedAt: undefined,
    nextAt: undefined,
  };
  #listeners = new Set<Listener>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #current: Promise<ImportResult> | undefined;

  constructor(
    private readonly api: PulseApi = new PulseApi(),
    private readonly store: ContactStore = supabaseStore,
    private readonly freshConfig: () => Promise<Config> = () => configStore.refresh(),
  ) {}

  get state(): ServiceState {
    return this.#state;
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Imports all contacts in batches of 50. Never throws: what went wrong is in the result. */
  async performBulkContactImport(
    onProgress: (progress: ImportProgress) => void = () => {},
  ): Promise<ImportResult> {
    return this.#oneAtATime("import", async (config) => {
      if (!config.flags.bulk_contact_import) throw new Declined("The bulk import is switched off");
      track("pulse_import_started");
      announce("[Pulse import] started");
      const run = new ContactImport(this.api, this.store, (progress) => {
        this.#announceProgress(progress);
        onProgress(progress);
      });
      const result = await run.run();
      this.#remember(run, result);
      track("pulse_import_completed", {
        success: result.success,
        imported: result.imported,
        updated: result.updated,
        errors: result.errors,
      });
      measure("pulse_import", result.duration);
      return result;
    });
  }

  /** Fetches what changed in Pulse since the last time. Never throws. */
  async performIncrementalSync(): Promise<ImportResult> {
    return this.#oneAtATime("sync", async (config) => {
      if (!config.flags.incremental_sync) throw new Declined("The incremental sync is switched off");
      const since = await this.#since();
      announce(`[Pulse sync] looking for changes since ${since.toISOString()}`);
      const run = new ContactImport(this.api, this.store, (progress) => this.#set({ progress }));
      const result = await run.run(since);
      this.#remember(run, result);
      track("pulse_sync_completed", { success: result.success, changed: result.imported + result.updated });
      measure("pulse_sync", result.duration);
      return result;
    });
  }

  /** Starts the synchronisation at every interval; a second call changes nothing. */
  startIncrementalSync(): void {
    if (this.#timer) return;
    const { flags, pulse } = configStore.current;
    if (!flags.incremental_sync || !pulse.auto_sync || pulseObjection(configStore.current)) {
      log("info", "[Pulse sync] automatic sync is switched off");
      return;
    }
    const every = pulse.sync_interval_minutes * 60_000;
    this.#timer = setInterval(() => {
      this.#set({ nextAt: new Date(Date.now() + every) });
      void this.performIncrementalSync();
    }, every);
    this.#set({ automatic: true, nextAt: new Date(Date.now() + every) });
    announce(`[Pulse sync] automatic sync started, every ${pulse.sync_interval_minutes} minutes`);
  }

  /** Stops it again, for example at sign-out. */
  stopIncrementalSync(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#set({ automatic: false, nextAt: undefined });
    announce("[Pulse sync] automatic sync stopped");
  }

  async #oneAtATime(
    kind: "import" | "sync",
    work: (config: Config) => Promise<ImportResult>,
  ): Promise<ImportResult> {
    if (this.#current && this.#state.running === kind) return this.#current;
    while (this.#current) await this.#current;
    this.#set({ running: kind, progress: undefined });
    this.#current = this.#guarded(kind, work);
    try {
      return await this.#current;
    } finally {
      this.#current = undefined;
      this.#set({ running: undefined });
    }
  }

  async #guarded(kind: "import" | "sync", work: (config: Config) => Promise<ImportResult>): Promise<ImportResult> {
    let result: ImportResult;
    try {
      // The switches may have changed since the page was loaded.
      const config = await this.freshConfig();
      const objection = pulseObjection(config);
      if (objection) throw new Declined(objection);
      result = await alone(() => work(config));
      this.#tell(kind, result);
    } catch (error) {
      result = refused(error instanceof Error ? error.message : String(error));
      if (error instanceof Declined) announce(`[Pulse ${kind}] not run: ${error.message}`);
      else reportError(error, { where: `pulse ${kind}` });
    }
    this.#set({ lastResult: result, lastFinishedAt: new Date() });
    return result;
  }

  #tell(kind: "import" | "sync", result: ImportResult): void {
    const { success, imported, updated, errors, error_messages: messages, duration } = result;
    const figures = `${imported} imported, ${updated} updated, ${errors} errors, ${duration} ms`;
    if (success) announce(`[Pulse ${kind}] completed: ${figures}`);
    else {
      const error = new Error(`Pulse ${kind} failed: ${messages[0] ?? "unknown"} (${figures})`);
      reportError(error, { where: `pulse ${kind}`, messages: messages.slice(0, 20) });
    }
  }

  #announceProgress(progress: ImportProgress): void {
    const waiting = progress.waitingSeconds;
    const tail = waiting === undefined ? "" : `, Pulse asks to wait ${waiting} s`;
    announce(`[Pulse import] ${progress.done} of ${progress.total} contacts${tail}`);
    this.#set({ progress });
  }

  async #since(): Promise<Date> {
    const kept = Date.parse(readCursor() ?? "");
    const since = Number.isNaN(kept) ? await this.store.newestSync() : new Date(kept);
    return new Date((since?.getTime() ?? Date.now()) - OVERLAP_MS);
  }

  /** Only a run without errors moves the mark: the next one fetches again what this one missed. */
  #remember(run: ContactImport, result: ImportResult): void {
    if (!result.success || !run.startedAt) return;
    try {
      localStorage.setItem(CURSOR, run.startedAt.toISOString());
    } catch {
      // Without storage, the mark is read from the contacts.
    }
  }

  #set(change: Partial<ServiceState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener(this.#state);
  }
}

function readCursor(): string | null {
  try {
    return localStorage.getItem(CURSOR);
  } catch {
    return null;
  }
}

/** Runs *work* unless another window of this browser is at it. */
async function alone(work: () => Promise<ImportResult>): Promise<ImportResult> {
  if (!navigator.locks) return work();
  return navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (!lock) throw new Declined("Another window is synchronising with Pulse");
    return work();
  });
}

export const pulseSyncService = new PulseSyncService();

declare global {
  interface Window {
    pulseSyncService: PulseSyncService;
  }
}
