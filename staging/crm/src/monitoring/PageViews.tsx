import { useEffect } from "react";
import { useLocation } from "react-router";
import { track } from "./analytics";

/** Counts every page that is shown, once. */
export function PageViews() {
  const { pathname } = useLocation();
  useEffect(() => {
    track("$pageview", { $current_url: location.origin + pathname, $pathname: pathname });
  }, [pathname]);
  return null;
}
