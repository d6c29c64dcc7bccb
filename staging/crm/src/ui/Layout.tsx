import { useEffect, useRef } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
import { useAuth } from "../auth";

function Logo() {
  return (
    <Link to="/" className="logo" aria-label="Logos Vision, home">
      <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" fill="#1f5c4d" />
        <path d="M10 8v16h12" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />
        <circle cx="21" cy="11" r="3.5" fill="#f2b84b" />
      </svg>
      <span>Logos Vision</span>
    </Link>
  );
}

/** What surrounds every page. After a change of page, focus goes to the new page's main part. */
export function Layout() {
  const { status, email, signOut } = useAuth();
  const { pathname } = useLocation();
  const content = useRef<HTMLDivElement>(null);
  const before = useRef(pathname);

  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    window.scrollTo(0, 0);
    content.current?.focus({ preventScroll: true });
  }, [pathname]);

  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <header className="topbar">
        <div className="topbar-inner">
          <Logo />
          <nav aria-label="Main">
            {status === "signed-in" && (
              <>
                <NavLink to="/contacts">Contacts</NavLink>
                <NavLink to="/settings">Settings</NavLink>
              </>
            )}
          </nav>
          <div className="account">
            {status === "signed-in" && (
              <>
                <span className="account-email" title={email}>
                  {email}
                </span>
                <button type="button" className="button quiet" onClick={() => void signOut()}>
                  Sign out
                </button>
              </>
            )}
            {status === "signed-out" && pathname !== "/signin" && (
              <Link className="button quiet" to="/signin">
                Sign in
              </Link>
            )}
          </div>
        </div>
      </header>
      <div id="content" className="content" ref={content} tabIndex={-1}>
        <Outlet />
      </div>
      <footer className="footer">
        <div className="footer-inner">
          <span>© 2026 Logos Vision</span>
          <nav aria-label="Legal">
            <Link to="/privacy">Privacy</Link>
            <Link to="/terms">Terms</Link>
          </nav>
        </div>
      </footer>
    </div>
  );
}
