import { useRef, useState, type FormEvent } from "react";
import { Navigate, useSearchParams } from "react-router";
import { useAuth } from "../auth";
import { usePageTitle } from "../ui/use-page-title";

/** Where to go after signing in: an address of this application, and of no other. */
export function destination(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/contacts";
}

export function SignIn() {
  usePageTitle("Sign in");
  const { status, signIn } = useAuth();
  const [parameters] = useSearchParams();
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const email = useRef<HTMLInputElement>(null);

  if (status === "signed-in") return <Navigate to={destination(parameters.get("next"))} replace />;

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(undefined);
    let problem: string | undefined;
    try {
      problem = await signIn(String(form.get("email")).trim(), String(form.get("password")));
    } catch {
      problem = "Signing in does not work at the moment. Please try again.";
    }
    setBusy(false);
    setError(problem);
    if (problem) email.current?.focus();
  }

  return (
    <main className="page narrow">
      <form className="panel sign-in" onSubmit={(event) => void submit(event)} aria-busy={isBusy}>
        <h1>Sign in</h1>
        <p className="muted">Use the account that your administrator made for you.</p>
        <p className="form-error" role="alert">
          {error}
        </p>
        <label htmlFor="email">Email</label>
        <input
          id="email"
          name="email"
          type="email"
          autoComplete="username"
          required
          ref={email}
          aria-invalid={error ? true : undefined}
        />
        <label htmlFor="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          aria-invalid={error ? true : undefined}
        />
        <button type="submit" className="button primary wide" disabled={isBusy}>
          {isBusy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
