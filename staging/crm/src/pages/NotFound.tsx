import { Link } from "react-router";
import { Notice } from "../ui/Notice";
import { usePageTitle } from "../ui/use-page-title";

export function NotFound() {
  usePageTitle("Page not found");
  return (
    <main className="page">
      <h1 className="visually-hidden">Page not found</h1>
      <Notice title="This page does not exist" icon="search">
        <p>The address may be old or mistyped.</p>
        <Link className="button primary" to="/">
          Go to the start page
        </Link>
      </Notice>
    </main>
  );
}
