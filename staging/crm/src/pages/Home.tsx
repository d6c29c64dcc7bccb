import { Link } from "react-router";
import { useAuth } from "../auth";
import { Icon, type IconName } from "../ui/Icon";
import { usePageTitle } from "../ui/use-page-title";

const REASONS: { icon: IconName; title: string; text: string }[] = [
  {
    icon: "people",
    title: "Everybody in one place",
    text: "Donors, volunteers, board and partners. Search by name, email or company and have the right person in a second.",
  },
  {
    icon: "rising",
    title: "See who needs you",
    text: "A score and a direction for every relationship, kept up to date from your team's real conversations.",
  },
  {
    icon: "sync",
    title: "Pulse does the typing",
    text: "Interactions, tags and notes arrive by themselves every fifteen minutes. Nobody copies anything.",
  },
];

function Preview() {
  const people = [
    { name: "Amara Okafor", note: "Harbor Trust", score: 92, band: "strong" },
    { name: "José García", note: "Riverside Academy", score: 64, band: "fair" },
    { name: "Ingrid Söderström", note: "Quiet since March", score: 28, band: "weak" },
  ];
  return (
    <div className="preview" aria-hidden="true">
      {people.map(({ name, note, score, band }) => (
        <div className="preview-row" key={name}>
          <span className="avatar">{name.charAt(0)}</span>
          <span>
            <strong>{name}</strong>
            <small>{note}</small>
          </span>
          <span className={`score-chip ${band}`}>{score}</span>
        </div>
      ))}
    </div>
  );
}

export function Home() {
  usePageTitle("");
  const { status } = useAuth();
  const isIn = status === "signed-in";
  return (
    <main className="home">
      <section className="hero">
        <div>
          <p className="eyebrow">For nonprofits</p>
          <h1>Know your people. Keep them close.</h1>
          <p className="lead">
            Logos Vision brings contacts, giving and conversations together, and tells you who has not
            heard from you for too long.
          </p>
          <p className="hero-actions">
            <Link className="button primary large" to={isIn ? "/contacts" : "/signin"}>
              {isIn ? "Open contacts" : "Sign in"}
            </Link>
          </p>
        </div>
        <Preview />
      </section>
      <section className="reasons" aria-label="What it does">
        {REASONS.map(({ icon, title, text }) => (
          <article key={title}>
            <span className="reason-icon">
              <Icon name={icon} size={22} />
            </span>
            <h2>{title}</h2>
            <p>{text}</p>
          </article>
        ))}
      </section>
    </main>
  );
}
