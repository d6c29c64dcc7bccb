import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { SCORE_BANDS, TRENDS } from "./contact";
import type { ContactQuery, Tab } from "./contact-queries";

const TABS: readonly Tab[] = ["priorities", "all", "recent"];

function oneOf<T extends string>(allowed: readonly T[], value: string | null): T | undefined {
  return allowed.find((candidate) => candidate === value);
}

/** The list's tab, search, filters and page. They live in the address, so that it can be shared. */
export function useContactQuery(): [ContactQuery, (change: Partial<ContactQuery>) => void] {
  const [parameters, setParameters] = useSearchParams();

  const query = useMemo<ContactQuery>(
    () => ({
      tab: oneOf(TABS, parameters.get("tab")) ?? "all",
      search: (parameters.get("q") ?? "").trim(),
      score: oneOf(SCORE_BANDS.map(({ id }) => id), parameters.get("score")) ?? "",
      trend: oneOf(TRENDS, parameters.get("trend")) ?? "",
      stage: parameters.get("stage") ?? "",
      page: Math.max(1, Math.floor(Number(parameters.get("page"))) || 1),
    }),
    [parameters],
  );

  const change = useCallback(
    (changed: Partial<ContactQuery>) => {
      // Whatever changes but the page itself leads back to the first page.
      const next = { ...query, page: 1, ...changed };
      const entries = {
        tab: next.tab === "all" ? "" : next.tab,
        q: next.search,
        score: next.score,
        trend: next.trend,
        stage: next.stage,
        page: next.page > 1 ? String(next.page) : "",
      };
      const filled = Object.entries(entries).filter(([, value]) => value !== "");
      setParameters(Object.fromEntries(filled), { replace: true, preventScrollReset: true });
    },
    [query, setParameters],
  );
  return [query, change];
}
