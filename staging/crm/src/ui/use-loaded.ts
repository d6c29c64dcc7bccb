import { useCallback, useEffect, useState } from "react";
import { reportError } from "../monitoring/errors";

export type Loaded<T> =
  | { status: "loading"; value: T | undefined }
  | { status: "ready"; value: T }
  | { status: "failed"; value: T | undefined; error: Error };

/**
 * Loads something and loads it again when *load* changes or `again` is called. The value from before
 * stays while the next one is on its way; an answer that comes too late is dropped.
 */
export function useLoaded<T>(
  where: string,
  load: () => Promise<T>,
): Loaded<T> & { again: () => void } {
  const [loaded, setLoaded] = useState<Loaded<T>>({ status: "loading", value: undefined });
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((before) => before + 1), []);

  useEffect(() => {
    let isStale = false;
    setLoaded(({ value }) => ({ status: "loading", value }));
    load().then(
      (value) => {
        if (!isStale) setLoaded({ status: "ready", value });
      },
      (error: unknown) => {
        if (isStale) return;
        reportError(error, { where });
        const told = error instanceof Error ? error : new Error(String(error));
        setLoaded(({ value }) => ({ status: "failed", value, error: told }));
      },
    );
    return () => {
      isStale = true;
    };
  }, [where, load, round]);

  return { ...loaded, again };
}
