import { usePageTitle } from "../ui/use-page-title";

export function Privacy() {
  usePageTitle("Privacy");
  return (
    <main className="page prose">
      <h1>Privacy</h1>
      <p className="muted">In force since January 5, 2026.</p>
      <h2>What we keep</h2>
      <p>
        Your organization keeps records of the people it works with: names, ways to reach them, gifts,
        and notes. These belong to your organization. We store them for it and use them for nothing else.
      </p>
      <h2>What comes from Pulse</h2>
      <p>
        If your organization has connected Pulse, each contact also carries a relationship score, the date
        of the last interaction, tags and notes from there. An administrator can switch this off at any
        time.
      </p>
      <h2>What we measure</h2>
      <p>
        We count page views and a few actions, and we record errors, so that we see when something is
        broken. Names, amounts and notes of your contacts are not part of it. We set no advertising
        cookies.
      </p>
      <h2>How long</h2>
      <p>
        Records stay until your organization deletes them. Backups are deleted after 30 days, measurements
        after twelve months.
      </p>
      <h2>Ask us</h2>
      <p>
        Write to <a href="mailto:privacy@logosvision.example">privacy@logosvision.example</a>. We answer
        within five working days.
      </p>
    </main>
  );
}
