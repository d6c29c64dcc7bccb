import { useCallback, useSyncExternalStore } from "react";
import { useAuth } from "../auth";
import { fetchRole, fetchSyncState } from "../contacts/contact-queries";
import { pulseObjection } from "../flags";
import { pulseSyncService } from "../pulse/pulse-sync-service";
import { Icon } from "../ui/Icon";
import { formatCount, formatDateTime } from "../ui/format";
import { useLoaded } from "../ui/use-loaded";
import { usePageTitle } from "../ui/use-page-title";
import { useConfig } from "../use-config";

export function Settings() {
  usePageTitle("Settings");
  const { userId = "", email } = useAuth();
  const config = useConfig();
  const role = useLoaded("role", useCallback(() => fetchRole(userId), [userId]));
  return (
    <main className="page settings">
      <div className="page-head">
        <h1>Settings</h1>
      </div>
      <section className="panel" aria-labelledby="account">
        <h2 id="account">Your account</h2>
        <dl className="facts">
          <div className="fact">
            <dt>Email</dt>
            <dd>{email}</dd>
          </div>
          <div className="fact">
            <dt>Role</dt>
            <dd className="capital">{role.value ?? (role.status === "failed" ? "unknown" : "…")}</dd>
          </div>
        </dl>
      </section>
      <PulsePanel isAdmin={role.value === "admin"} isRoleKnown={role.status === "ready"} />
      <p className="muted small">
        Version {config.release}, {config.commit.slice(0, 12)}
      </p>
    </main>
  );
}

function PulsePanel({ isAdmin, isRoleKnown }: { isAdmin: boolean; isRoleKnown: boolean }) {
  const config = useConfig();
  const service = useSyncExternalStore(pulseSyncService.subscribe, () => pulseSyncService.state);
  const finishedAt = service.lastFinishedAt?.getTime();
  // Counted again when a run ends.
  const state = useLoaded(
    "sync state",
    useCallback(() => fetchSyncState(), [finishedAt]),
  );
  const objection = pulseObjection(config);
  const isRunning = service.running !== undefined;
  const zone = config.time_zone;
  const figure = (value: number | undefined) => (value === undefined ? "…" : formatCount(value));

  return (
    <section className="panel" aria-labelledby="pulse">
      <div className="panel-head">
        <h2 id="pulse">Pulse</h2>
        <span className={`badge ${objection ? "wish" : "trend rising"}`}>{objection ? "Off" : "On"}</span>
      </div>
      {objection && <p>{objection}.</p>}
      {state.status === "failed" ? (
        <p className="form-error" role="alert">
          The sync state could not be loaded.{" "}
          <button type="button" className="link-button" onClick={state.again}>
            Try again
          </button>
        </p>
      ) : (
        <dl className="figures">
          <div>
            <dt>Synced</dt>
            <dd>{figure(state.value?.synced)}</dd>
          </div>
          <div>
            <dt>Failed</dt>
            <dd>{figure(state.value?.failed)}</dd>
          </div>
          <div>
            <dt>Not in Pulse</dt>
            <dd>{figure(state.value?.never)}</dd>
          </div>
        </dl>
      )}
      <dl className="facts">
        <div className="fact">
          <dt>Last sync</dt>
          <dd>
            {state.value?.lastSyncedAt ? formatDateTime(state.value.lastSyncedAt, zone) : "Never"}
          </dd>
        </div>
        <div className="fact">
          <dt>Automatic sync</dt>
          <dd>
            {service.automatic
              ? `Every ${config.pulse.sync_interval_minutes} minutes, next at ${formatDateTime(
                  service.nextAt?.toISOString() ?? "",
                  zone,
                )}`
              : "Off"}
          </dd>
        </div>
      </dl>
      {isAdmin && config.flags.bulk_contact_import && (
        <div className="import">
          <button
            type="button"
            className="button primary"
            disabled={isRunning || objection !== undefined}
            onClick={() => void pulseSyncService.performBulkContactImport()}
          >
            <Icon name="sync" size={16} />
            {service.running === "import" ? "Importing…" : "Import contacts from Pulse"}
          </button>
          <ImportState />
        </div>
      )}
      {isRoleKnown && !isAdmin && <p className="muted">Only administrators can import contacts.</p>}
    </section>
  );
}

function ImportState() {
  const { running, progress, lastResult } = useSyncExternalStore(
    pulseSyncService.subscribe,
    () => pulseSyncService.state,
  );
  if (running === "import") {
    const done = progress?.done ?? 0;
    const total = progress?.total ?? 0;
    return (
      <div className="import-state">
        <progress aria-label="Import" max={total || 1} value={done} />
        <p role="status">
          {total > 0 ? `${formatCount(done)} of ${formatCount(total)} contacts` : "Asking Pulse…"}
          {progress?.waitingSeconds !== undefined && ` · Pulse asks to wait ${progress.waitingSeconds} s`}
        </p>
      </div>
    );
  }
  if (!lastResult) return null;
  const { success, imported, updated, errors, error_messages: messages } = lastResult;
  return (
    <div className="import-state" role={success ? "status" : "alert"}>
      <p className={success ? "good" : "form-error"}>
        {success ? "Done: " : "Not complete: "}
        {formatCount(imported)} imported, {formatCount(updated)} updated, {formatCount(errors)} errors
      </p>
      {messages.length > 0 && (
        <ul className="import-errors">
          {messages.slice(0, 10).map((message, index) => (
            <li key={index}>{message}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
