import type { Session } from "@supabase/supabase-js";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { configStore } from "./config";
import { identifyForAnalytics, track } from "./monitoring/analytics";
import { identifyForErrors, reportError } from "./monitoring/errors";
import { supabase } from "./supabase";
import { visitorId } from "./visitor";

export interface Auth {
  status: "loading" | "signed-in" | "signed-out";
  userId: string | undefined;
  email: string | undefined;
  signIn(email: string, password: string): Promise<string | undefined>;
  signOut(): Promise<void>;
}

export const AuthContext = createContext<Auth | undefined>(undefined);

/** Who is signed in, and how to change that. */
export function useAuth(): Auth {
  const auth = useContext(AuthContext);
  if (!auth) throw new Error("useAuth needs an AuthProvider");
  return auth;
}

/** The identity that decides about the rollout: the person, else the browser. */
export function useIdentity(): string {
  return useAuth().userId ?? visitorId();
}

/** Whether this browser holds a session: without one, the client need not be loaded at all. */
function mayHaveSession(): boolean {
  try {
    return Object.keys(localStorage).some((key) => /^sb-.+-auth-token$/.test(key));
  } catch {
    return false;
  }
}

type SessionState = { status: Auth["status"]; session: Session | null };

export function AuthProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<SessionState>(() => ({
    status: mayHaveSession() ? "loading" : "signed-out",
    session: null,
  }));
  const [isNeeded, setNeeded] = useState(() => mayHaveSession());

  useEffect(() => {
    if (!isNeeded) return;
    let isGone = false;
    let unsubscribe = () => {};
    const take = (session: Session | null) => {
      if (!isGone) setState({ status: session ? "signed-in" : "signed-out", session });
    };
    supabase()
      .then(async (client) => {
        const { data } = client.auth.onAuthStateChange((_event, session) => take(session));
        unsubscribe = () => data.subscription.unsubscribe();
        if (isGone) unsubscribe();
        take((await client.auth.getSession()).data.session);
      })
      .catch((error: unknown) => {
        reportError(error, { where: "session" });
        take(null);
      });
    return () => {
      isGone = true;
      unsubscribe();
    };
  }, [isNeeded]);

  const userId = state.session?.user.id;
  useEffect(() => {
    if (state.status === "loading") return;
    identifyForErrors(userId);
    identifyForAnalytics(configStore.current, userId);
  }, [state.status, userId]);

  const signIn = useCallback(async (email: string, password: string) => {
    const client = await supabase();
    const { data, error } = await client.auth.signInWithPassword({ email, password });
    if (error) {
      const isWrong = error.status === 400 || error.code === "invalid_credentials";
      if (isWrong) return "Email or password is not right.";
      reportError(error, { where: "sign-in" });
      return "Signing in does not work at the moment. Please try again.";
    }
    setNeeded(true);
    setState({ status: "signed-in", session: data.session });
    track("signed_in");
    return undefined;
  }, []);

  const signOut = useCallback(async () => {
    const client = await supabase();
    track("signed_out");
    const { error } = await client.auth.signOut({ scope: "local" });
    if (error) reportError(error, { where: "sign-out" });
    setState({ status: "signed-out", session: null });
  }, []);

  const auth = useMemo<Auth>(
    () => ({ status: state.status, userId, email: state.session?.user.email, signIn, signOut }),
    [state, userId, signIn, signOut],
  );
  return <AuthContext.Provider value={auth}>{children}</AuthContext.Provider>;
}
