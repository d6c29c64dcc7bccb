import type { ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import { useAuth } from "../auth";

/** Lets signed-in people pass; all others sign in first and come back. */
export function SignedIn({ children }: { children: ReactNode }) {
  const { status } = useAuth();
  const { pathname, search } = useLocation();
  if (status === "loading") return <PageLoading />;
  if (status === "signed-out") {
    return <Navigate to={`/signin?next=${encodeURIComponent(pathname + search)}`} replace />;
  }
  return children;
}

/** A page that is on its way. */
export function PageLoading() {
  return (
    <main className="page" aria-busy="true">
      <p className="loading-line" role="status">
        Loading…
      </p>
    </main>
  );
}
