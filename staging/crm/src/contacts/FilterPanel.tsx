import { useCallback, useEffect, useRef } from "react";
import { sentence } from "../ui/format";
import { useLoaded } from "../ui/use-loaded";
import { SCORE_BANDS, TRENDS, type ScoreBand, type Trend } from "./contact";
import { fetchDonorStages, type ContactQuery } from "./contact-queries";

interface FilterPanelProps {
  query: ContactQuery;
  withScore: boolean;
  onChange: (change: Partial<ContactQuery>) => void;
  onClose: () => void;
}

/** The three filters; each acts at once. Escape closes the panel. */
export function FilterPanel({ query, withScore, onChange, onClose }: FilterPanelProps) {
  const first = useRef<HTMLSelectElement>(null);
  const stages = useLoaded("donor stages", useCallback(() => fetchDonorStages(), []));
  useEffect(() => first.current?.focus(), []);
  // A stage from a shared address stays choosable, even if no contact has it any more.
  const known = stages.value ?? [];
  const offered = query.stage && !known.includes(query.stage) ? [...known, query.stage] : known;

  return (
    <section
      id="contact-filters"
      className="filters"
      aria-label="Filters"
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      {withScore && (
        <>
          <div className="field">
            <label htmlFor="filter-score">Relationship score</label>
            <select
              id="filter-score"
              ref={first}
              value={query.score}
              onChange={(event) => onChange({ score: event.target.value as ScoreBand | "" })}
            >
              <option value="">Any score</option>
              {SCORE_BANDS.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          </div>
          <div className="field">
            <label htmlFor="filter-trend">Trend</label>
            <select
              id="filter-trend"
              value={query.trend}
              onChange={(event) => onChange({ trend: event.target.value as Trend | "" })}
            >
              <option value="">Any trend</option>
              {TRENDS.map((trend) => (
                <option key={trend} value={trend}>
                  {sentence(trend)}
                </option>
              ))}
            </select>
          </div>
        </>
      )}
      <div className="field">
        <label htmlFor="filter-stage">Donor stage</label>
        <select
          id="filter-stage"
          value={query.stage}
          onChange={(event) => onChange({ stage: event.target.value })}
        >
          <option value="">Any stage</option>
          {offered.map((stage) => (
            <option key={stage} value={stage}>
              {sentence(stage)}
            </option>
          ))}
        </select>
        {stages.status === "failed" && <p className="form-error">The donor stages could not be loaded.</p>}
      </div>
      <button
        type="button"
        className="button quiet"
        onClick={() => onChange({ score: "", trend: "", stage: "" })}
      >
        Clear filters
      </button>
    </section>
  );
}
