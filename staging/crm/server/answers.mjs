/**
 * A JSON answer that nobody keeps.
 * @param {unknown} body
 * @param {number} [status]
 * @param {Record<string, string>} [headers]
 */
export function json(body, status = 200, headers = {}) {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      ...headers,
    },
  });
}

/**
 * An error answer, in one shape everywhere.
 * @param {number} status
 * @param {string} code
 * @param {string} message
 * @param {Record<string, string>} [headers]
 */
export function refusal(status, code, message, headers = {}) {
  return json({ error: { code, message } }, status, headers);
}

/**
 * One line for the platform's log, as JSON. Never a key, a token or a person's data.
 * @param {"info" | "warn" | "error"} level
 * @param {string} event
 * @param {Record<string, unknown>} [details]
 */
export function log(level, event, details = {}) {
  console[level](JSON.stringify({ time: new Date().toISOString(), level, event, ...details }));
}

/**
 * Why a call failed, in few words.
 * @param {unknown} error
 */
export function reason(error) {
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "TimeoutError") return "timeout";
  const cause = /** @type {{ code?: string } | undefined} */ (error.cause);
  return cause?.code ?? error.name;
}
