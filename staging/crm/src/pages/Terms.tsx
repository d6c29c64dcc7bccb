import { usePageTitle } from "../ui/use-page-title";

export function Terms() {
  usePageTitle("Terms");
  return (
    <main className="page prose">
      <h1>Terms of use</h1>
      <p className="muted">In force since January 5, 2026.</p>
      <h2>Who may use it</h2>
      <p>
        People whom a subscribing organization has given an account. An account is for one person; do not
        share it.
      </p>
      <h2>What you may do</h2>
      <p>
        Keep records that your organization has the right to keep, and use them for its work. Respect what
        a person has asked for: who does not want to be called is not called.
      </p>
      <h2>What we promise</h2>
      <p>
        The service is there 99.9 % of each month, outside of maintenance that we announce three days
        before. If we miss that, the month costs a tenth less.
      </p>
      <h2>When it ends</h2>
      <p>
        Either side may end the agreement at the end of a month. You can export your records for 60 days
        after that; then we delete them.
      </p>
    </main>
  );
}
