import type { SupabaseClient } from "@supabase/supabase-js";
import { configStore } from "./config";

let client: Promise<SupabaseClient> | undefined;

/** The client for data and sign-in, loaded when it is first needed. */
export function supabase(): Promise<SupabaseClient> {
  client ??= import("@supabase/supabase-js").then(({ createClient }) => {
    const { url, anonKey } = configStore.current.supabase;
    return createClient(url, anonKey);
  });
  return client;
}

/** An error of the database, told as one. */
export class DataError extends Error {
  override name = "DataError";

  constructor(
    what: string,
    readonly cause: { message: string; code?: string },
  ) {
    super(`${what}: ${cause.message}`);
  }
}
