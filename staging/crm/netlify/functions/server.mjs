import { refusal } from "../../server/answers.mjs";
import { route } from "../../server/router.mjs";

/** @param {Request} request */
export default async function server(request) {
  return (await route(request)) ?? refusal(404, "no_such_route", "There is nothing here.");
}

export const config = { path: ["/config.json", "/health", "/api/*"] };
