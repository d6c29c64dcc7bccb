import type { publicConfig } from "../server/public-config.mjs";

/** What the server part tells the page at run time; see `server/public-config.mjs`. */
export type Config = ReturnType<typeof publicConfig>;
export type FlagName = keyof Config["flags"];

const REFRESH_EVERY_MS = 60_000;

type Listener = (config: Config) => void;

/** Holds the configuration, looks for a new one from time to time, and tells who listens. */
export class ConfigStore {
  #current: Config | undefined;
  #text = "";
  #listeners = new Set<Listener>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** The configuration; there is none before the first `refresh`. */
  get current(): Config {
    if (!this.#current) throw new Error("The configuration is not loaded yet");
    return this.#current;
  }

  /** Reads /config.json now. Throws when there is none; the one before stays in force. */
  async refresh(): Promise<Config> {
    const response = await fetch("/config.json");
    if (!response.ok) throw new Error(`/config.json answered ${response.status}`);
    const text = await response.text();
    if (text !== this.#text || !this.#current) {
      this.#current = JSON.parse(text) as Config;
      this.#text = text;
      for (const listener of this.#listeners) listener(this.#current);
    }
    return this.#current;
  }

  /** Calls *listener* at every change; returns how to stop that. */
  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Looks for a new configuration every minute and whenever the page is looked at again. */
  keepFresh(onError: (error: unknown) => void): () => void {
    const look = () => {
      if (document.visibilityState === "visible") this.refresh().catch(onError);
    };
    this.#timer ??= setInterval(look, REFRESH_EVERY_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(this.#timer);
      this.#timer = undefined;
      document.removeEventListener("visibilitychange", look);
    };
  }
}

export const configStore = new ConfigStore();
