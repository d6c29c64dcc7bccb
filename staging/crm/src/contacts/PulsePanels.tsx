import { useCallback, useRef, useState } from "react";
import { track } from "../monitoring/analytics";
import { reportError } from "../monitoring/errors";
import { PulseApi } from "../pulse/pulse-api";
import { Icon } from "../ui/Icon";
import { formatDate, sentence } from "../ui/format";
import { useLoaded } from "../ui/use-loaded";

const api = new PulseApi();

/** The newest interactions with a person, as Pulse has them now. */
export function Interactions({ profileId, timeZone }: { profileId: string; timeZone: string }) {
  const loaded = useLoaded("interactions", useCallback(() => api.interactions(profileId), [profileId]));
  return (
    <section className="panel" aria-label="Interactions">
      <h2>Interactions</h2>
      {loaded.status === "loading" && <p className="muted">Loading…</p>}
      {loaded.status === "failed" && (
        <p className="form-error" role="alert">
          Pulse could not be asked for the interactions.{" "}
          <button type="button" className="link-button" onClick={loaded.again}>
            Try again
          </button>
        </p>
      )}
      {loaded.status === "ready" && loaded.value.length === 0 && (
        <p className="muted">No interactions in Pulse.</p>
      )}
      <ol className="timeline">
        {loaded.value?.map((item) => {
          const date = item.interaction_date ?? item.date;
          return (
            <li key={item.id}>
              <strong>{item.subject || sentence(item.interaction_type ?? item.type ?? "interaction")}</strong>
              {date && <time dateTime={date}>{formatDate(date, timeZone)}</time>}
              {item.snippet && <p>{item.snippet}</p>}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

interface Kept {
  lines: string[];
  until: number;
}

const kept = new Map<string, Kept>();

/** What Pulse's AI says about a person, asked for on request only. */
export function Insights({ profileId, cacheMinutes }: { profileId: string; cacheMinutes: number }) {
  const [lines, setLines] = useState<string[]>();
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  const result = useRef<HTMLDivElement>(null);

  async function ask() {
    const known = kept.get(profileId);
    if (known && known.until > Date.now()) {
      setLines(known.lines);
      return;
    }
    setState("loading");
    try {
      const answer = await api.insights(profileId);
      kept.set(profileId, { lines: answer, until: Date.now() + cacheMinutes * 60_000 });
      setLines(answer);
      setState("idle");
      track("contact_action_completed", { action: "insights_read" });
    } catch (error) {
      reportError(error, { where: "insights" });
      setState("failed");
    }
  }

  return (
    <section className="panel" aria-label="AI insights">
      <h2>AI insights</h2>
      <div ref={result} role="status">
        {state === "loading" && <p className="muted">Asking Pulse…</p>}
        {state === "failed" && <p className="form-error">Pulse has no insights at the moment.</p>}
        {lines?.length === 0 && <p className="muted">Pulse has nothing to say about this contact yet.</p>}
        {lines && lines.length > 0 && (
          <ul>
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
      </div>
      {!lines && (
        <button type="button" className="button" disabled={state === "loading"} onClick={() => void ask()}>
          <Icon name="spark" size={16} /> Get insights
        </button>
      )}
    </section>
  );
}
