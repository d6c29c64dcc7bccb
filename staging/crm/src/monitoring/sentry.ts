// A module of its own, so that the build leaves out what is not named here.
export { addIntegration, browserTracingIntegration, captureException, init, setTag, setUser } from "@sentry/react";
