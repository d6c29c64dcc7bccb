/**
 * The addresses of the application's pages. The server answers only these with the page; every
 * other address is a true 404. `vercel.json` and `netlify.toml` say the same (a test compares them).
 */
export const APP_ROUTES = [
  "/",
  "/signin",
  "/contacts",
  "/contacts/:id",
  "/settings",
  "/privacy",
  "/terms",
];

/**
 * Whether a path is one of the application's pages; a trailing slash does not matter.
 * @param {string} path
 */
export function isAppRoute(path) {
  const wanted = path.length > 1 ? path.replace(/\/$/, "") : path;
  return APP_ROUTES.some((route) => {
    const pattern = route.replace(/:[a-z]+/g, "[^/]+");
    return new RegExp(`^${pattern}$`).test(wanted);
  });
}
