import { useSyncExternalStore } from "react";
import { configStore, type Config } from "./config";

/** The configuration in force; the component follows its changes. */
export function useConfig(): Config {
  return useSyncExternalStore(configStore.subscribe, () => configStore.current);
}
