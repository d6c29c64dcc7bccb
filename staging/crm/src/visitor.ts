const KEY = "lv-visitor-id";
let fallback: string | undefined;

/** An identity for who is not signed in; it stays in this browser. */
export function visitorId(): string {
  try {
    const known = localStorage.getItem(KEY);
    if (known) return known;
    const made = randomId();
    localStorage.setItem(KEY, made);
    return made;
  } catch {
    // Storage may be forbidden; the identity then lasts as long as the page.
    fallback ??= randomId();
    return fallback;
  }
}

/** A random UUID, also where `crypto.randomUUID` is missing (plain HTTP on another machine). */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
