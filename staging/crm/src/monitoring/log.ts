import { configStore } from "../config";

const LEVELS = ["error", "warn", "info", "debug"] as const;
type Level = (typeof LEVELS)[number];

function isWanted(level: Level): boolean {
  let wanted = "warn";
  try {
    wanted = configStore.current.log_level;
  } catch {
    // Not loaded yet: only what is worth a warning.
  }
  const limit = LEVELS.indexOf(wanted as Level);
  return LEVELS.indexOf(level) <= (limit < 0 ? 1 : limit);
}

/** Writes to the console what VITE_LOG_LEVEL lets through. */
export function log(level: Level, message: string, ...details: unknown[]): void {
  if (isWanted(level)) console[level](message, ...details);
}

/** Writes what an operator asked to see, whatever the level: the progress of an import, a sync. */
export function announce(message: string): void {
  console.info(message);
}
