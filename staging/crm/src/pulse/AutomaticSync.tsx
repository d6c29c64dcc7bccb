import { useEffect } from "react";
import { useAuth } from "../auth";
import { reportError } from "../monitoring/errors";
import { useConfig } from "../use-config";
import type { PulseSyncService } from "./pulse-sync-service";

let loaded: PulseSyncService | undefined;

async function service(): Promise<PulseSyncService> {
  loaded ??= (await import("./pulse-sync-service")).pulseSyncService;
  return loaded;
}

/** Starts the synchronisation after sign-in, stops it after sign-out or when it is switched off. */
export function AutomaticSync() {
  const { status } = useAuth();
  const config = useConfig();
  const isIn = status === "signed-in";
  const isWanted =
    config.flags.incremental_sync &&
    config.pulse.auto_sync &&
    config.pulse.sync_enabled &&
    !config.emergency.disable_pulse_sync;

  useEffect(() => {
    if (!isIn) {
      loaded?.stopIncrementalSync();
      return;
    }
    service()
      .then((found) => {
        window.pulseSyncService = found;
        if (isWanted) found.startIncrementalSync();
        else found.stopIncrementalSync();
      })
      .catch((error: unknown) => reportError(error, { where: "pulse sync" }));
  }, [isIn, isWanted]);
  return null;
}
