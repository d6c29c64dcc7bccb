const LOCALE = "en-US";

/** "Jan 5, 2026" in the organisation's time zone. */
export function formatDate(iso: string, timeZone: string): string {
  // A date without a time belongs to no zone.
  const zone = iso.length === 10 ? "UTC" : timeZone;
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone: zone }).format(new Date(iso));
}

/** "Jan 5, 2026, 3:04 PM". */
export function formatDateTime(iso: string, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short", timeZone }).format(
    new Date(iso),
  );
}

/** "5,200". */
export function formatCount(count: number): string {
  return new Intl.NumberFormat(LOCALE).format(count);
}

/** "5,200 contacts", "1 contact". */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** "$1,250.00". */
export function formatMoney(amount: number, currency = "USD"): string {
  return new Intl.NumberFormat(LOCALE, { style: "currency", currency }).format(amount);
}

/** "first gift" → "First gift". */
export function sentence(text: string): string {
  if (text === "sms") return "SMS";
  return text.charAt(0).toUpperCase() + text.slice(1).replaceAll("_", " ");
}
