// Loaded only where replays are recorded: it is as large as the rest of Sentry.
export { replayIntegration } from "@sentry/react";
