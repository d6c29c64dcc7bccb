import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { configStore, type Config } from "./config";
import { bucketOf, contactsVariant } from "./flags";
import { startAnalytics } from "./monitoring/analytics";
import { reportError, startErrorReporting, watchEarlyErrors } from "./monitoring/errors";
import { whenIdle } from "./monitoring/idle";
import { log } from "./monitoring/log";
import { startWebVitals } from "./monitoring/web-vitals";
import { Notice } from "./ui/Notice";
import { visitorId } from "./visitor";

/** What support may ask on the console: which build, which switches, which page an identity sees. */
export interface Console {
  readonly release: string;
  readonly commit: string;
  readonly config: Config;
  bucket(identity: string): number;
  contactsVariant(identity: string): string;
}

declare global {
  interface Window {
    logosVision: Console;
  }
}

function consoleOf(): Console {
  return {
    get release() {
      return configStore.current.release;
    },
    get commit() {
      return configStore.current.commit;
    },
    get config() {
      return configStore.current;
    },
    bucket: (identity) => bucketOf("contacts_redesign", identity),
    contactsVariant: (identity) => contactsVariant(configStore.current, identity),
  };
}

/** Monitoring comes after the page is drawn, in short steps: nobody should wait for it. */
async function startMonitoring(config: Config): Promise<void> {
  await whenIdle();
  const visitor = visitorId();
  const started = await Promise.allSettled([
    startErrorReporting(config),
    startAnalytics(config, visitor),
    startWebVitals(config, visitor),
  ]);
  for (const result of started) {
    if (result.status === "rejected") reportError(result.reason, { where: "monitoring" });
  }
}

function afterLoad(work: () => void): void {
  const later = () => setTimeout(work, 0);
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}

/** Reads the configuration, shows the application, then starts the monitoring. */
export async function start(root: HTMLElement): Promise<void> {
  watchEarlyErrors();
  const page = createRoot(root);
  let config: Config;
  try {
    config = await configStore.refresh();
  } catch (error) {
    log("error", "The configuration could not be loaded", error);
    page.render(
      <main className="page">
        <Notice title="Logos Vision cannot be reached" icon="warning" isAlert>
          <p>Please try again in a moment.</p>
          <button type="button" className="button primary" onClick={() => location.reload()}>
            Try again
          </button>
        </Notice>
      </main>,
    );
    return;
  }
  window.logosVision = consoleOf();
  page.render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
  configStore.keepFresh((error) => log("warn", "The configuration could not be refreshed", error));
  afterLoad(() => void startMonitoring(config));
}
