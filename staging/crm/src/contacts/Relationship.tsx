import { Icon } from "../ui/Icon";
import { sentence } from "../ui/format";
import { bandOf, type Trend } from "./contact";

const CIRCUMFERENCE = 2 * Math.PI * 20;

/** The relationship score as a ring; the number is in it. */
export function ScoreRing({ score, size = 52 }: { score: number | null; size?: number }) {
  const share = score === null ? 0 : score / 100;
  return (
    <span className={`score-ring ${bandOf(score) ?? "none"}`}>
      <svg width={size} height={size} viewBox="0 0 48 48" aria-hidden="true" focusable="false">
        <circle className="track" cx="24" cy="24" r="20" />
        {score !== null && (
          <circle
            className="value"
            cx="24"
            cy="24"
            r="20"
            strokeDasharray={`${share * CIRCUMFERENCE} ${CIRCUMFERENCE}`}
          />
        )}
      </svg>
      <span className="score-number">{score ?? "–"}</span>
    </span>
  );
}

/** The direction of a relationship, as icon and word. */
export function TrendBadge({ trend }: { trend: Trend }) {
  return (
    <span className={`badge trend ${trend}`} data-trend={trend}>
      <Icon name={trend} size={14} />
      {sentence(trend)}
    </span>
  );
}
